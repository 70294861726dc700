using System.Security.Cryptography;
using System.Text;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Identity;

/// <summary>Names an entry of a device log: SHA-256 of what its signature covers (<c>Protocol/identity.proto</c>), so a second signature makes no second entry.</summary>
/// <param name="Value">The 32 bytes of the hash.</param>
public readonly record struct DeviceEntryId(Bytes32 Value) : IComparable<DeviceEntryId>
{
    /// <summary>The id of an entry.</summary>
    public static DeviceEntryId Of(Signed<DeviceLogEntry> entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var network = Encoding.ASCII.GetBytes(entry.Network);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(KeyLabels.DeviceEntry);
        hash.AppendData([(byte)network.Length]);
        hash.AppendData(network);
        hash.AppendData(entry.Message.Statement.Span);
        return new DeviceEntryId(new Bytes32(hash.GetHashAndReset()));
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is anything else.</exception>
    public static DeviceEntryId Parse(ReadOnlySpan<char> text) => new(Bytes32.Parse(text));

    /// <inheritdoc/>
    public int CompareTo(DeviceEntryId other) => Value.CompareTo(other.Value);

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator <(DeviceEntryId left, DeviceEntryId right) => left.CompareTo(right) < 0;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator >(DeviceEntryId left, DeviceEntryId right) => left.CompareTo(right) > 0;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator <=(DeviceEntryId left, DeviceEntryId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders as unsigned bytes.</summary>
    public static bool operator >=(DeviceEntryId left, DeviceEntryId right) => left.CompareTo(right) >= 0;
}
