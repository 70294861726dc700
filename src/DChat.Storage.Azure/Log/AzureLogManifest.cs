using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Storage.Azure.Log;

/// <summary>What a container was made for, in <c>log.json</c>. Written once, by the first silo.</summary>
/// <param name="Format">The version of the container's layout.</param>
/// <param name="Log">The log's id.</param>
/// <param name="Network">The network whose messages it keeps.</param>
/// <param name="ShardBits">How many top bits of a topic tag name its shard.</param>
internal sealed record AzureLogManifest(
    [property: JsonRequired] int Format,
    [property: JsonRequired] Guid Log,
    [property: JsonRequired] string Network,
    [property: JsonRequired] int ShardBits)
{
    /// <summary>The name of the blob.</summary>
    public const string Name = "log.json";

    /// <summary>The version this code reads and writes.</summary>
    public const int CurrentFormat = 1;

    private const int MaxLength = 64 * 1024;
    private const int Conflict = 409;
    private const int PreconditionFailed = 412;

    /// <summary>The log's id.</summary>
    [JsonIgnore]
    public LogId Id => new(Log);

    /// <summary>Makes container and manifest if they are not there, and reads the manifest, which may be another silo's.</summary>
    /// <exception cref="DChatException">
    /// It cannot be understood (<c>log-corrupt</c>) or was made for something else (<c>log-mismatch</c>).
    /// </exception>
    public static async Task<AzureLogManifest> OpenAsync(BlobContainerClient container, AzureShardLogOptions options, CancellationToken cancellationToken)
    {
        await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var blob = container.GetBlobClient(Name);
        var path = $"{container.Name}/{Name}";
        var manifest = await ReadAsync(blob, path, cancellationToken).ConfigureAwait(false);
        if (manifest is null)
        {
            await TryWriteAsync(blob, new AzureLogManifest(CurrentFormat, Guid.NewGuid(), options.Network, options.ShardBits), cancellationToken).ConfigureAwait(false);
            manifest = await ReadAsync(blob, path, cancellationToken).ConfigureAwait(false) ?? throw AzureLogErrors.Corrupt(path, 0, "it is gone");
        }

        manifest.Require(path, options);
        return manifest;
    }

    private static async Task<AzureLogManifest?> ReadAsync(BlobClient blob, string path, CancellationToken cancellationToken)
    {
        try
        {
            var content = await blob.DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(0, MaxLength) }, cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(content.Value.Content.ToMemory().Span, AzureLogManifestJson.Default.AzureLogManifest)
                ?? throw AzureLogErrors.Corrupt(path, 0, "it is empty");
        }
        catch (RequestFailedException e) when (LogBlobs.IsMissing(e))
        {
            return null;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange)
        {
            throw AzureLogErrors.Corrupt(path, 0, "it is empty", e);
        }
        catch (JsonException e)
        {
            throw AzureLogErrors.Corrupt(path, e.BytePositionInLine ?? 0, e.Message.TrimEnd('.'), e);
        }
    }

    private static async Task TryWriteAsync(BlobClient blob, AzureLogManifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            await blob.UploadAsync(
                BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(manifest, AzureLogManifestJson.Default.AzureLogManifest)),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Status is Conflict or PreconditionFailed && e.ErrorCode != BlobErrorCode.ContainerBeingDeleted)
        {
            // Another silo has made the log in the meantime, or an answer was lost.
        }
    }

    private void Require(string path, AzureShardLogOptions options)
    {
        if (Format != CurrentFormat)
        {
            throw AzureLogErrors.Mismatch(path, $"has format {Format}, but this version reads format {CurrentFormat}");
        }

        if (Network != options.Network || ShardBits != options.ShardBits)
        {
            throw AzureLogErrors.Mismatch(
                path, $"keeps network {Network} with {ShardBits} shard bits, but {options.Network} with {options.ShardBits} is asked for");
        }
    }
}

/// <summary>Serializes the manifest without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(AzureLogManifest))]
internal sealed partial class AzureLogManifestJson : JsonSerializerContext;
