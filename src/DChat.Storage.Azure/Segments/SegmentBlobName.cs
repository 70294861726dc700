using DChat.Core.Topics;
using DChat.Storage.Segments;

namespace DChat.Storage.Azure.Segments;

/// <summary>Names the two blobs of a segment, by what it is and by the sealing that has written it.</summary>
internal readonly record struct SegmentBlobName(SegmentName Name, UploadName Upload)
{
    private const string Root = "segments/";
    private const string ManifestFile = "manifest";
    private const string HeadsFile = "heads" + TopicHeads.Extension;

    /// <summary>The canonical file.</summary>
    public string Segment => FolderOf(Name.Id.Shard, Upload) + Name.SegmentFile;

    /// <summary>The side index.</summary>
    public string Index => FolderOf(Name.Id.Shard, Upload) + Name.IndexFile;

    /// <summary>What the names of all blobs of a shard's segments begin with. No blob of the log begins so.</summary>
    public static string PrefixOf(ShardId shard) => $"{Root}{shard}/";

    /// <summary>The manifest of a shard.</summary>
    public static string ManifestOf(ShardId shard) => PrefixOf(shard) + ManifestFile;

    /// <summary>The heads of topics that a sealing has written.</summary>
    public static string HeadsOf(ShardId shard, UploadName upload) => FolderOf(shard, upload) + HeadsFile;

    /// <summary>Which sealing has written a blob of a shard; false when the name is none of a sealing's.</summary>
    public static bool TryParseUpload(string blob, ShardId shard, out UploadName upload)
    {
        upload = default;
        var prefix = PrefixOf(shard);
        if (!blob.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = blob.AsSpan(prefix.Length);
        var slash = rest.IndexOf('/');
        if (slash < 0 || !UploadName.TryParse(rest[..slash], out upload))
        {
            return false;
        }

        var file = rest[(slash + 1)..].ToString();
        return file == HeadsFile || (SegmentName.TryParse(file, shard, out var name) && (file == name.SegmentFile || file == name.IndexFile));
    }

    private static string FolderOf(ShardId shard, UploadName upload) => $"{PrefixOf(shard)}{upload}/";
}
