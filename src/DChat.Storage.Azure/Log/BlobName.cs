using System.Globalization;
using DChat.Core.Topics;

namespace DChat.Storage.Azure.Log;

/// <summary>Names one blob of the log: <c>shard/term-number.log</c>, the term with ten digits and the number with six.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Term">The term of the writer that it was made for.</param>
/// <param name="Number">From 0, one more with each blob of the term.</param>
internal readonly record struct BlobName(ShardId Shard, ulong Term, uint Number) : IComparable<BlobName>
{
    private const string Extension = ".log";

    /// <summary>The blob after this one, of the same writer.</summary>
    public BlobName NextNumber => this with { Number = Number + 1 };

    /// <summary>The first blob of the next writer.</summary>
    public BlobName NextTerm => this with { Term = Term + 1, Number = 0 };

    /// <summary>What the names of a shard's blobs begin with.</summary>
    public static string PrefixOf(ShardId shard) => $"{shard}/";

    /// <summary>Reads a name; false when it is none of the log's.</summary>
    public static bool TryParse(string text, out BlobName name)
    {
        name = default;
        var (slash, dash) = (text.IndexOf('/', StringComparison.Ordinal), text.IndexOf('-', StringComparison.Ordinal));
        if (slash < 0 || dash < slash || !text.EndsWith(Extension, StringComparison.Ordinal)
            || !ushort.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            || !ulong.TryParse(text.AsSpan(slash + 1, dash - slash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var term)
            || !uint.TryParse(text.AsSpan(dash + 1, text.Length - dash - 1 - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        name = new BlobName(new ShardId(shard), term, number);
        return name.ToString() == text;
    }

    /// <summary>In the order in which the blobs of a shard were written.</summary>
    public int CompareTo(BlobName other) => (Shard.Value, Term, Number).CompareTo((other.Shard.Value, other.Term, other.Number));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Shard.Value}/{Term:D10}-{Number:D6}{Extension}");
}
