using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Silo.Configuration;
using StackExchange.Redis;

namespace DChat.Silo.Providers;

/// <summary>
/// Tries what keeps messages, grain state and members before anything starts: the error can then name the option, and comes in time.
/// Does what the providers do first, so that nothing else has to be allowed.
/// </summary>
internal static class ProviderCheck
{
    /// <summary>How long one of them may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    // The rest is for its answer to come through.
    private static readonly TimeSpan RedisConnectTimeout = TimeSpan.FromSeconds(9);

    /// <exception cref="DChatException">One cannot be used (<c>log-unreachable</c>, <c>state-unreachable</c>, <c>membership-unreachable</c>).</exception>
    public static async Task RunAsync(SiloConfiguration configuration)
    {
        if (configuration.Storage.Log == LogProvider.Azure && configuration.Silo.Role.IncludesCore())
        {
            await TryBlobsAsync("log-unreachable", configuration.Azure, configuration.AzureLog.Container);
        }

        await TryAsync("state-unreachable", configuration.Storage.State, configuration, isState: true);
        await TryAsync("membership-unreachable", configuration.Membership.Membership, configuration, isState: false);
    }

    private static Task TryAsync(string code, Provider provider, SiloConfiguration configuration, bool isState) => provider switch
    {
        Provider.Azure when isState => TryBlobsAsync(code, configuration.Azure, configuration.Azure.Container),
        Provider.Azure => TryTablesAsync(code, configuration.Azure),
        Provider.Redis => TryRedisAsync(code, configuration.Redis),
        _ => Task.CompletedTask,
    };

    private static Task TryBlobsAsync(string code, AzureOptions azure, string container)
    {
        var client = AzureAccount.Blobs(azure);
        return TryAzureAsync(
            code, azure, nameof(azure.BlobEndpoint), client.Uri, $"container {container}",
            cancel => client.GetBlobContainerClient(container).CreateIfNotExistsAsync(cancellationToken: cancel));
    }

    private static Task TryTablesAsync(string code, AzureOptions azure)
    {
        var client = AzureAccount.Tables(azure);
        return TryAzureAsync(
            code, azure, nameof(azure.TableEndpoint), client.Uri, $"table {azure.Table}", cancel => client.CreateTableIfNotExistsAsync(azure.Table, cancel));
    }

    private static Task TryAzureAsync(string code, AzureOptions azure, string endpoint, Uri address, string what, Func<CancellationToken, Task> make) => TryAsync(
        code,
        azure.ConnectionString is null ? endpoint : nameof(azure.ConnectionString),
        azure,
        $"leads to {AzureAccount.Text(address)}, where {what} cannot be found or made",
        make);

    private static Task TryRedisAsync(string code, RedisOptions redis)
    {
        // Once: its own three attempts, of 5 s each, would outlast the patience here, and what the server refuses would never be told.
        var options = redis.Connect();
        options.ConnectRetry = 1;
        options.ConnectTimeout = Math.Min(options.ConnectTimeout, (int)RedisConnectTimeout.TotalMilliseconds);
        return TryAsync(
            code,
            nameof(redis.ConnectionString),
            redis,
            $"leads to {string.Join(", ", options.EndPoints.Select(EndPointCollection.ToString))}, where no Redis server answers",
            async _ =>
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
                await connection.GetDatabase().PingAsync();
            });
    }

    private static async Task TryAsync(string code, string option, object options, string what, Func<CancellationToken, Task> use)
    {
        using var patience = new CancellationTokenSource(Timeout);
        try
        {
            await use(patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception e)
        {
            var text = patience.IsCancellationRequested ? $"no answer within {Timeout.TotalSeconds:0} s" : ProviderFault.Of(e).Text;
            throw new DChatException(code, $"{OptionRules.SectionOf(options.GetType())}:{option} {what}: {text}.", inner: e);
        }
    }
}
