using System.Globalization;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Topics;

namespace DChat.Storage.Segments;

/// <summary>
/// The name of a segment's files: <c>&lt;epoch, 20 digits&gt;-&lt;class&gt;-&lt;root in hexadecimal&gt;</c>, with <c>.seg</c> for the
/// canonical file and <c>.idx</c> for the side index. The directory says the shard.
/// </summary>
internal readonly record struct SegmentName(SegmentId Id, Bytes32 Root)
{
    /// <summary>The end of the canonical file's name.</summary>
    public const string SegmentExtension = ".seg";

    /// <summary>The end of the side index's name.</summary>
    public const string IndexExtension = ".idx";

    /// <summary>The name of the canonical file.</summary>
    public string SegmentFile => this + SegmentExtension;

    /// <summary>The name of the side index.</summary>
    public string IndexFile => this + IndexExtension;

    /// <summary>Reads the name of a canonical file or a side index; false when it is none.</summary>
    public static bool TryParse(string fileName, ShardId shard, out SegmentName name)
    {
        name = default;
        var parts = Path.GetFileNameWithoutExtension(fileName).Split('-');
        Span<byte> root = stackalloc byte[Bytes32.Length];
        if (parts.Length != 3
            || !ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            || !byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var retention)
            || !Enum.IsDefined((RetentionClass)retention)
            || parts[2].Length != 2 * root.Length
            || Convert.FromHexString(parts[2], root, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        name = new SegmentName(new SegmentId(new EpochId(epoch), shard, (RetentionClass)retention), new Bytes32(root));
        return true;
    }

    /// <summary>The name without its end.</summary>
    public override string ToString()
    {
        Span<byte> root = stackalloc byte[Bytes32.Length];
        Root.CopyTo(root);
        return string.Create(CultureInfo.InvariantCulture, $"{Id.Epoch.Value:D20}-{(byte)Id.Class}-{Convert.ToHexStringLower(root)}");
    }
}
