using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DChat.Core;
using DChat.Core.Keys;

namespace DChat.Client.Devices;

/// <summary>
/// The highest reserved sequence of one author key: two lines, written in turn and in place, each a value and its checksum.
/// In place, because a rename may be undone by a power failure after the sequences were used; in turn, because a torn line
/// must leave the other.
/// </summary>
internal sealed class SequenceFile(HomeDirectory home, AuthorKey author)
{
    internal const string Folder = "sequences";

    private const int ValueLength = 20;
    private const int ChecksumLength = 16;
    private const int LineLength = ValueLength + 1 + ChecksumLength + 1;

    private readonly string _name = Path.Combine(Folder, author.ToString());
    private bool _isSettled;

    /// <summary>Reserves sequences and returns the first. The caller holds the home's lock.</summary>
    public ulong Reserve(int count)
    {
        // Were this file lost, the device would use its sequences again, which readers take for proof of cheating.
        if (!home.Files.Exists(_name))
        {
            home.Files.CreateFolder(Folder);
            home.Files.Replace(_name, [.. Line(0), .. Line(0)]);
        }
        else if (!_isSettled)
        {
            home.Files.Settle(_name);
        }

        _isSettled = true;

        try
        {
            return ReserveInPlace(count);
        }
        catch (IOException failure)
        {
            throw home.Files.Unavailable(_name, failure);
        }
    }

    private ulong ReserveInPlace(int count)
    {
        using var file = home.Files.TryLock(_name, FileMode.Open, FileAccess.ReadWrite) ?? throw home.Locked();
        Span<byte> content = stackalloc byte[(2 * LineLength) + 1];
        var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (length != 2 * LineLength)
        {
            throw home.CorruptSequences(_name, $"it should be {2 * LineLength} bytes long");
        }

        var first = Parse(content[..LineLength]);
        var second = Parse(content.Slice(LineLength, LineLength));
        var reserved = (first, second) switch
        {
            ({ } a, { } b) => Math.Max(a, b),
            // The damaged line may have been the newer one: it was ahead by no more than one reservation.
            ({ } a, null) => a + IDeviceStore.MaxReservation,
            (null, { } b) => b + IDeviceStore.MaxReservation,
            _ => throw home.CorruptSequences(_name, "neither line matches its checksum"),
        };

        file.Position = first is null || (second is not null && first <= second) ? 0 : LineLength;
        file.Write(Line(reserved + (ulong)count));
        file.Flush(flushToDisk: true);
        return reserved + 1;
    }

    private ulong? Parse(ReadOnlySpan<byte> line) =>
        ulong.TryParse(line[..ValueLength], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && line.SequenceEqual(Line(value))
            ? value
            : null;

    private byte[] Line(ulong value)
    {
        Span<byte> input = stackalloc byte[Bytes32.Length + sizeof(ulong)];
        author.Value.CopyTo(input);
        BinaryPrimitives.WriteUInt64BigEndian(input[Bytes32.Length..], value);
        var checksum = Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, ChecksumLength / 2));
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value:D20} {checksum}\n"));
    }
}
