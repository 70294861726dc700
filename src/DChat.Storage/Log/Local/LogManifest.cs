using System.Text.Json;
using System.Text.Json.Serialization;
using DChat.Core.Shards;
using DChat.Storage.Files;

namespace DChat.Storage.Log.Local;

/// <summary>
/// What a data directory was made for, and where the log in it begins, in <c>log.json</c>. Written after the first WAL file, and before
/// files of it are deleted.
/// </summary>
/// <param name="Format">The version of the directory's layout.</param>
/// <param name="Log">The log's id.</param>
/// <param name="Network">The network whose messages it keeps.</param>
/// <param name="ShardBits">How many top bits of a topic tag name its shard.</param>
internal sealed record LogManifest(
    [property: JsonRequired] int Format,
    [property: JsonRequired] Guid Log,
    [property: JsonRequired] string Network,
    [property: JsonRequired] int ShardBits)
{
    /// <summary>Its name in the data directory.</summary>
    public const string FileName = "log.json";

    /// <summary>The version this code reads and writes.</summary>
    public const int CurrentFormat = 3;

    /// <summary>The version before files of the WAL were deleted, which is read as well.</summary>
    public const int FormatOfWholeLogs = 2;

    private const int MaxLength = 1024 * 1024;

    /// <summary>The number of the first WAL file that is left.</summary>
    public uint FirstFile { get; init; } = 1;

    /// <summary>For each shard the newest message in files that are deleted; null when none is.</summary>
    public ulong[]? Dropped { get; init; }

    /// <summary>
    /// The first file of the WAL whose records all say their sequence in the topic. Those before it have to be counted from the first
    /// message on, so none of them may be deleted before all of them can be.
    /// </summary>
    public uint FirstCounted { get; init; } = 1;

    /// <summary>The log's id.</summary>
    [JsonIgnore]
    public LogId Id => new(Log);

    /// <summary>Reads the manifest; null when there is none.</summary>
    /// <exception cref="Core.DChatException">It cannot be understood (<c>log-corrupt</c>).</exception>
    public static LogManifest? Read(IFileSystem fileSystem, string path)
    {
        if (!fileSystem.Exists(path))
        {
            return null;
        }

        using var file = fileSystem.Open(path);
        var bytes = new byte[Math.Min(MaxLength, file.Length)];
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes.AsSpan(0, file.Read(bytes, 0)), LogManifestJson.Default.LogManifest)
                ?? throw LogErrors.Corrupt(path, 0, "it is empty");
            return manifest.Format == FormatOfWholeLogs ? manifest with { FirstFile = 1 } : manifest;
        }
        catch (JsonException e)
        {
            throw LogErrors.Corrupt(path, e.BytePositionInLine ?? 0, e.Message, e);
        }
    }

    /// <summary>Writes the manifest; it is there whole and durable, or not at all.</summary>
    public void Write(IFileSystem fileSystem, string path)
    {
        var draft = path + ".new";
        if (fileSystem.Exists(draft))
        {
            fileSystem.Delete(draft);
        }

        using (var file = fileSystem.Create(draft))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, LogManifestJson.Default.LogManifest), 0);
            file.Sync();
        }

        fileSystem.Replace(draft, path);
        fileSystem.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Refuses a directory made for something else.</summary>
    /// <exception cref="Core.DChatException">Format, network or shard bits differ (<c>log-mismatch</c>).</exception>
    public void Require(string path, LocalShardLogOptions options)
    {
        if (Format is not (CurrentFormat or FormatOfWholeLogs))
        {
            throw LogErrors.Mismatch(path, $"has format {Format}, but this version reads formats {FormatOfWholeLogs} and {CurrentFormat}");
        }

        if (Network != options.Network || ShardBits != options.ShardBits)
        {
            throw LogErrors.Mismatch(
                path,
                $"keeps network {Network} with {ShardBits} shard bits, but {options.Network} with {options.ShardBits} is asked for");
        }

        if (FirstFile == 0 || (Dropped is { } dropped ? dropped.Length != 1 << ShardBits : FirstFile > 1))
        {
            throw LogErrors.Corrupt(path, 0, $"the log begins with file {FirstFile} and {Dropped?.Length ?? 0} shards");
        }
    }
}

/// <summary>Serializes the manifest without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LogManifest))]
internal sealed partial class LogManifestJson : JsonSerializerContext;
