using Azure;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Tests.Log.Local;
using DChat.Testing.Log;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>A container with a log in it, for several silos and for those who damage it.</summary>
internal sealed class TestContainer(string connectionString, string name)
{
    public static ShardId Shard { get; } = new(1);

    public BlobContainerClient Client { get; } = new(connectionString, name);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public AzureShardLogOptions Options(Action<AzureShardLogOptions>? configure = null)
    {
        var options = new AzureShardLogOptions
        {
            Container = name,
            Network = "test",
            ShardBits = TestLog.ShardBits,
            BlobBytes = AzureShardLogOptions.MinBlobBytes,
            Pause = TimeSpan.FromMilliseconds(1),
        };
        configure?.Invoke(options);
        return options;
    }

    /// <summary>Opens the log as a silo does.</summary>
    /// <param name="faults">What happens to the silo's requests; null for nothing.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="time">The silo's clock; null for the real one.</param>
    /// <param name="logger">Hears of faults.</param>
    public Task<AzureShardLog> OpenAsync(
        FaultPolicy? faults = null, Action<AzureShardLogOptions>? configure = null, TimeProvider? time = null, ILogger<AzureShardLog>? logger = null) =>
        AzureShardLog.OpenAsync(
            Options(configure),
            client =>
            {
                client.AddPolicy(faults ?? new FaultPolicy(), HttpPipelinePosition.PerRetry);
                return new BlobServiceClient(connectionString, client);
            },
            time ?? TimeProvider.System,
            logger,
            Token);

    public static ValueTask<IndexedShardWriter> OpenShardAsync(AzureShardLog log) => IndexedShardWriter.OpenAsync(log, Shard, Token);

    /// <summary>The names of a shard's blobs, in order.</summary>
    public Task<List<string>> NamesAsync(ShardId? shard = null) => ListAsync($"{shard ?? Shard}/");

    /// <summary>The names of the blobs of a shard's segments, in order, without the manifest.</summary>
    public async Task<List<string>> SegmentNamesAsync() =>
        [.. (await ListAsync($"segments/{Shard}/")).Where(name => name != ManifestName)];

    /// <summary>The manifest of the shard's segments.</summary>
    public static string ManifestName => $"segments/{Shard}/manifest";

    private async Task<List<string>> ListAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var blob in Client.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, Token))
        {
            names.Add(blob.Name);
        }

        return names;
    }

    public async Task<byte[]> ReadAsync(string blob) => (await Client.GetBlobClient(blob).DownloadContentAsync(Token)).Value.Content.ToArray();

    /// <summary>Puts other bytes in the place of a blob's.</summary>
    public async Task RewriteAsync(string blob, Func<byte[], byte[]> change)
    {
        var bytes = change(await ReadAsync(blob));
        await DeleteAsync(blob);
        var client = Client.GetAppendBlobClient(blob);
        await client.CreateAsync(new AppendBlobCreateOptions(), Token);
        if (bytes.Length > 0)
        {
            await client.AppendBlockAsync(new MemoryStream(bytes), new AppendBlobAppendBlockOptions(), Token);
        }
    }

    /// <summary>Makes a blob of bytes, whatever is there.</summary>
    public async Task WriteAsync(string blob, byte[] bytes) => await Client.GetBlobClient(blob).UploadAsync(BinaryData.FromBytes(bytes), overwrite: true, Token);

    public async Task DeleteAsync(string blob)
    {
        await BreakLeaseAsync(blob);
        await Client.DeleteBlobAsync(blob, cancellationToken: Token);
    }

    public async Task BreakLeaseAsync(string blob)
    {
        try
        {
            await Client.GetAppendBlobClient(blob).GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, conditions: null, Token);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.LeaseNotPresentWithLeaseOperation)
        {
            // It had none.
        }
    }
}
