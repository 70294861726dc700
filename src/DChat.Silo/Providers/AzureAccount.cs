using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using DChat.Silo.Configuration;

namespace DChat.Silo.Providers;

/// <summary>The storage account as <see cref="AzureOptions"/> describe it: by its key, or by the identity of the machine.</summary>
internal static class AzureAccount
{
    // A lost answer to a conditional write, sent again, looks like a writer that lost a race. And a grain waits 30 s for a
    // call: it is better told of a fault than left without an answer.
    private const int MaxRetries = 2;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(8);

    /// <summary>A client of the blobs; connects at first use.</summary>
    public static BlobServiceClient Blobs(AzureOptions options) => Blobs(options, Bounded(new BlobClientOptions()));

    /// <summary>A client of the blobs, for one who retries by itself; connects at first use.</summary>
    public static BlobServiceClient Blobs(AzureOptions options, BlobClientOptions client) =>
        options.ConnectionString is { } connection
            ? new BlobServiceClient(connection, client)
            : new BlobServiceClient(new Uri(options.BlobEndpoint!), new DefaultAzureCredential(), client);

    /// <summary>A client of the tables; connects at first use.</summary>
    public static TableServiceClient Tables(AzureOptions options)
    {
        var client = Bounded(new TableClientOptions());
        return options.ConnectionString is { } connection
            ? new TableServiceClient(connection, client)
            : new TableServiceClient(new Uri(options.TableEndpoint!), new DefaultAzureCredential(), client);
    }

    /// <summary>Where a client connects to, without what is secret: a query may be a signature.</summary>
    public static string Text(Uri address) => address.GetLeftPart(UriPartial.Path).TrimEnd('/');

    private static TOptions Bounded<TOptions>(TOptions client)
        where TOptions : ClientOptions
    {
        client.Retry.MaxRetries = MaxRetries;
        client.Retry.Delay = RetryDelay;
        client.Retry.NetworkTimeout = NetworkTimeout;
        return client;
    }
}
