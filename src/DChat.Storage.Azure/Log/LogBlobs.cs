using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Storage.Azure.Log;

/// <summary>The blobs of the log, as far as the requests for them may be repeated. Throws <c>log-unreachable</c> when they do not get through.</summary>
internal sealed class LogBlobs(BlobContainerClient container, BlobCalls calls)
{
    /// <summary>The status of a blob, or a container, that is not there.</summary>
    public const int NotFound = 404;

    private const string ClaimKey = "claim";
    private const int Conflict = 409;
    private const int PreconditionFailed = 412;
    private const int RangeNotSatisfiable = 416;

    /// <summary>Where the log is, without what is secret.</summary>
    public string Address => container.Uri.GetLeftPart(UriPartial.Path);

    /// <summary>The full name of a blob, for people.</summary>
    public string PathOf(BlobName name) => $"{container.Name}/{name}";

    /// <summary>A client of one blob.</summary>
    public AppendBlobClient Client(BlobName name) => container.GetAppendBlobClient(name.ToString());

    /// <summary>Every blob of the log, in the order of their names, with its length.</summary>
    public async Task<IReadOnlyList<(BlobName Name, long Length)>> ListAsync(CancellationToken cancellationToken)
    {
        // By the first digit of the shard: a container has far more blobs of segments.
        var lists = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(digit => ListAsync(digit.ToString(CultureInfo.InvariantCulture), cancellationToken))).ConfigureAwait(false);
        return [.. lists.SelectMany(list => list).Order()];
    }

    /// <summary>Every blob of a shard, in the order of their names, with its length.</summary>
    public Task<List<(BlobName Name, long Length)>> ListAsync(ShardId shard, CancellationToken cancellationToken) =>
        ListAsync(BlobName.PrefixOf(shard), cancellationToken);

    /// <summary>Makes an empty blob.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="claim">Who makes it: tells one whose making was not answered from that of another.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when another has made it.</returns>
    public Task<bool> TryCreateAsync(BlobName name, string claim, CancellationToken cancellationToken)
    {
        var creation = new AppendBlobCreateOptions
        {
            Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All },
            Metadata = new Dictionary<string, string> { [ClaimKey] = claim },
        };
        return RepeatAsync(
            async cancel =>
            {
                try
                {
                    await Client(name).CreateAsync(creation, cancel).ConfigureAwait(false);
                    return true;
                }
                catch (RequestFailedException e) when (e.Status is Conflict or PreconditionFailed && e.ErrorCode != BlobErrorCode.ContainerBeingDeleted)
                {
                    return await ClaimOfAsync(name, cancel).ConfigureAwait(false) == claim;
                }
            },
            cancellationToken);
    }

    /// <summary>Takes the lease of a blob without an end; false when another has it, or the blob is gone.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="lease">The lease's id, chosen by the one who takes it, who may therefore ask twice.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<bool> TryLeaseAsync(BlobName name, string lease, CancellationToken cancellationToken) => RepeatAsync(
        async cancel =>
        {
            try
            {
                await Client(name).GetBlobLeaseClient(lease).AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, conditions: null, cancel).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException e) when (e.Status is Conflict or PreconditionFailed || IsMissing(e))
            {
                return false;
            }
        },
        cancellationToken);

    /// <summary>Ends whatever lease a blob has, at once; false when the blob is gone.</summary>
    public Task<bool> BreakLeaseAsync(BlobName name, CancellationToken cancellationToken) => RepeatAsync(
        async cancel =>
        {
            try
            {
                await Client(name).GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, conditions: null, cancel).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException e) when (e.Status is Conflict or PreconditionFailed)
            {
                // It had none.
                return true;
            }
            catch (RequestFailedException e) when (IsMissing(e))
            {
                return false;
            }
        },
        cancellationToken);

    /// <summary>Reads part of a blob; shorter where it ends early. Null when it is gone.</summary>
    /// <exception cref="Exception">As the service has it: the caller knows what it was reading for.</exception>
    public Task<ReadOnlyMemory<byte>?> ReadAsync(BlobName name, long offset, int length, CancellationToken cancellationToken) =>
        calls.RepeatAsync(cancel => ReadOnceAsync(name, offset, length, cancel), cancellationToken, calls.MaxPause);

    /// <summary>As <see cref="ReadAsync"/>, without another attempt.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadOnceAsync(BlobName name, long offset, int length, CancellationToken cancellationToken)
    {
        try
        {
            var content = await Client(name).DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(offset, length) }, cancellationToken).ConfigureAwait(false);
            return content.Value.Content.ToMemory();
        }
        catch (RequestFailedException e) when (e.Status == RangeNotSatisfiable)
        {
            return ReadOnlyMemory<byte>.Empty;
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return null;
        }
    }

    /// <summary>Deletes a blob, whoever has its lease.</summary>
    public Task DeleteAsync(BlobName name, CancellationToken cancellationToken) => RepeatAsync(
        async cancel =>
        {
            try
            {
                await Client(name).DeleteIfExistsAsync(cancellationToken: cancel).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (e.Status == PreconditionFailed)
            {
                await Client(name).GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, conditions: null, cancel).ConfigureAwait(false);
                await Client(name).DeleteIfExistsAsync(cancellationToken: cancel).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    /// <summary>Whether the container can be reached now.</summary>
    public Task ProbeAsync(CancellationToken cancellationToken) => RepeatAsync(
        async cancel => (await container.GetPropertiesAsync(cancellationToken: cancel).ConfigureAwait(false)).Value.ETag, cancellationToken);

    /// <summary>One page of a list.</summary>
    public static async Task<Page<BlobItem>> PageAsync(BlobContainerClient container, string? prefix, string? after, CancellationToken cancellationToken)
    {
        await foreach (var page in container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken).AsPages(after).ConfigureAwait(false))
        {
            return page;
        }

        throw new InvalidOperationException("A list has at least one page.");
    }

    /// <summary>Whether a request failed because its blob is not there, rather than the container.</summary>
    public static bool IsMissing(RequestFailedException fault) => fault.Status == NotFound && fault.ErrorCode == BlobErrorCode.BlobNotFound;

    /// <summary>Whether a request failed because of its conditions: the blob is not, or no longer, as it was.</summary>
    public static bool IsOutdated(RequestFailedException fault) => fault.Status is Conflict or PreconditionFailed || IsMissing(fault);

    private async Task<List<(BlobName Name, long Length)>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var found = new List<(BlobName Name, long Length)>();
        string? next = null;
        do
        {
            var page = await RepeatAsync(cancel => PageAsync(container, prefix, next, cancel), cancellationToken).ConfigureAwait(false);
            foreach (var blob in page.Values)
            {
                if (BlobName.TryParse(blob.Name, out var name))
                {
                    found.Add((name, blob.Properties.ContentLength ?? 0));
                }
            }

            next = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(next));

        found.Sort();
        return found;
    }

    private async Task<string?> ClaimOfAsync(BlobName name, CancellationToken cancellationToken)
    {
        try
        {
            var properties = await Client(name).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return properties.Value.Metadata.TryGetValue(ClaimKey, out var claim) ? claim : null;
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return null;
        }
    }

    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RepeatAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DChatException && !cancellationToken.IsCancellationRequested)
        {
            throw AzureLogErrors.Unreachable(Address, e);
        }
    }
}
