using System.Buffers.Binary;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Azure.Log;
using DChat.Storage.Files;

namespace DChat.Storage.Azure.Segments;

/// <summary>The blobs of segments, as far as their names are written once. Faults are <see cref="IOException"/>s.</summary>
internal sealed class SegmentBlobs(BlobContainerClient container, BlobCalls calls, BlobCache cache)
{
    /// <summary>A blob is sent in pieces of so many bytes: 4 MiB, which keeps memory small and fits the time limit of a request.</summary>
    public const int PieceBytes = 4 << 20;

    /// <summary>What was read lately.</summary>
    public BlobCache Cache => cache;

    /// <summary>The full name of a blob, for people.</summary>
    public string PathOf(string name) => $"{container.Name}/{name}";

    /// <summary>The manifest of a shard.</summary>
    public ManifestBlob Manifest(LogId log, ShardId shard)
    {
        var name = SegmentBlobName.ManifestOf(shard);
        return new ManifestBlob(container.GetBlobClient(name), PathOf(name), calls, log, shard);
    }

    /// <summary>Waits before another attempt.</summary>
    public Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) => calls.WaitAsync(pause, cancellationToken);

    /// <summary>The names of the blobs of a shard's segments, in the order of names.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await RepeatAsync(cancel => LogBlobs.PageAsync(container, SegmentBlobName.PrefixOf(shard), next, cancel), cancellationToken).ConfigureAwait(false);
            names.AddRange(page.Values.Select(blob => blob.Name));
            next = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(next));

        return names;
    }

    /// <summary>Reads part of a blob; shorter where it ends.</summary>
    /// <returns>Null when the blob is not there.</returns>
    public Task<BlobPart?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken) => RepeatAsync(
        async cancel =>
        {
            try
            {
                var content = await container.GetBlobClient(name).DownloadContentAsync(
                    new BlobDownloadOptions { Range = new HttpRange(offset, length) }, cancel).ConfigureAwait(false);
                var bytes = content.Value.Content.ToMemory();
                return new BlobPart(bytes, LengthOf(content.Value.Details.ContentRange) ?? offset + bytes.Length);
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange)
            {
                return new BlobPart(ReadOnlyMemory<byte>.Empty, offset);
            }
            catch (RequestFailedException e) when (LogBlobs.IsMissing(e))
            {
                return null;
            }
        },
        cancellationToken);

    /// <summary>Makes a blob, whose name nobody else uses, of what is in a file.</summary>
    public async Task UploadAsync(string name, IReadFile file, CancellationToken cancellationToken)
    {
        var client = container.GetBlockBlobClient(name);
        if (file.Length <= PieceBytes)
        {
            var buffer = new byte[(int)file.Length];
            Fill(buffer, file, 0);
            await MakeAsync(cancel => client.UploadAsync(
                StreamOf(buffer),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                cancel)).ConfigureAwait(false);
            return;
        }

        List<string> blocks = [];
        for (long offset = 0; offset < file.Length; offset += PieceBytes)
        {
            // Each its own: an attempt that was given up may yet be reading it, and would send what is not of its block.
            var piece = GC.AllocateUninitializedArray<byte>((int)Math.Min(PieceBytes, file.Length - offset));
            Fill(piece, file, offset);
            var block = BlockId(blocks.Count);
            await RepeatAsync(cancel => client.StageBlockAsync(block, StreamOf(piece), options: null, cancel), cancellationToken).ConfigureAwait(false);
            blocks.Add(block);
        }

        await MakeAsync(cancel => client.CommitBlockListAsync(
            blocks,
            new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
            cancel)).ConfigureAwait(false);

        // Refused, because it is there: then an answer was lost, since nobody else uses the name.
        Task<bool> MakeAsync(Func<CancellationToken, Task<Response<BlobContentInfo>>> make) => RepeatAsync(
            async cancel =>
            {
                try
                {
                    await make(cancel).ConfigureAwait(false);
                }
                catch (RequestFailedException e) when (BlobFault.Of(e).Kind == BlobFaultKind.Refused)
                {
                    if (await LengthOfAsync(client, cancel).ConfigureAwait(false) != file.Length)
                    {
                        throw;
                    }
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>Deletes a blob that no manifest names.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => RepeatAsync(
        cancel => container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancel), cancellationToken);

    /// <summary>As <see cref="DeleteAsync"/>, without another attempt.</summary>
    /// <returns>Whether the request got through.</returns>
    public async Task<bool> TryDeleteAsync(string name)
    {
        try
        {
            await calls.OnceAsync(cancel => container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancel), CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    // "bytes 0-63/128": what stands after the slash.
    private static long? LengthOf(string? range) =>
        range?.LastIndexOf('/') is { } slash and >= 0
        && long.TryParse(range.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length) ? length : null;

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> piece) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(piece, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : throw new ArgumentException("A piece is a part of an array.", nameof(piece));

    private static string BlockId(int number)
    {
        Span<byte> id = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(id, number);
        return Convert.ToBase64String(id);
    }

    private static void Fill(Span<byte> piece, IReadFile file, long offset)
    {
        if (file.Read(piece, offset) != piece.Length)
        {
            throw new IOException($"A draft ends before offset {offset + piece.Length}.");
        }
    }

    private static async Task<long?> LengthOfAsync(BlockBlobClient client, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value.ContentLength;
        }
        catch (RequestFailedException e) when (e.Status == LogBlobs.NotFound)
        {
            return null;
        }
    }

    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RepeatAsync(request, cancellationToken, calls.MaxPause).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DChatException && !cancellationToken.IsCancellationRequested)
        {
            throw BlobIo.Fault(e);
        }
    }
}

/// <summary>Part of a blob.</summary>
/// <param name="Bytes">What was read; shorter than asked for where the blob ends.</param>
/// <param name="BlobLength">The length of the whole blob.</param>
internal sealed record BlobPart(ReadOnlyMemory<byte> Bytes, long BlobLength);
