using System.Globalization;
using System.Text;
using Azure.Data.Tables;
using DChat.Core.Topics;
using DChat.Testing;
using DChat.Testing.Backends;
using DChat.Testing.Processes;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.AzureStorage;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;
using Redis = DChat.Testing.Backends.Redis;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>Clusters whose grain state and members are in Azure Storage or Redis, as the README starts them; no silo is a primary.</summary>
public sealed class ProviderClusterTests : IAsyncDisposable
{
    private const string Network = "cloud-test";

    private static readonly string Cli = BuiltProgram.PathOf("DChat.Cli");

    private readonly TemporaryFolder _folder = new();
    private readonly List<SiloProcess> _silos = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Silos_and_clients_find_each_other_in_an_azure_table_and_a_killed_silo_is_declared_dead()
    {
        await using var azurite = await Azurite.StartAsync(directory: null, Cancel);

        await TryClusterAsync("Azure", "DCHAT__AZURE__CONNECTIONSTRING", azurite.ConnectionString, "AccountKey", client => client
            .UseAzureStorageClustering((AzureStorageGatewayOptions table) => table.TableServiceClient = new TableServiceClient(azurite.ConnectionString)));
    }

    [Fact]
    public async Task Silos_and_clients_find_each_other_in_redis_and_a_killed_silo_is_declared_dead()
    {
        await using var redis = await Redis.StartAsync(Cancel);

        await TryClusterAsync("Redis", "DCHAT__REDIS__CONNECTIONSTRING", redis.ConnectionString, Redis.Password, client => client
            .UseRedisClustering((RedisClusteringOptions list) => list.ConfigurationOptions = ConfigurationOptions.Parse(redis.ConnectionString)));
    }

    private async Task TryClusterAsync(
        string provider, string variable, string connection, string secret, Action<IClientBuilder> clustering)
    {
        SiloSettings Settings(params string[] arguments) => new(BuiltProgram.PathOf("DChat.Silo"), _folder["data"])
        {
            Arguments = ["--network", Network, "--state", provider, "--membership", provider, .. arguments],
            Environment = new Dictionary<string, string?> { [variable] = connection },
        };

        // Debug logs what everybody has to say, options among it.
        _silos.Add(await SiloProcess.StartAsync(Settings("--role", "core", "--log-level", "Debug"), Cancel));
        _silos.AddRange(await Task.WhenAll(
            SiloProcess.StartAsync(Settings("--role", "edge", "--name", "edge-1"), Cancel),
            SiloProcess.StartAsync(Settings("--role", "edge", "--name", "edge-2"), Cancel)));
        var (core, kept, killed) = (_silos[0], _silos[1], _silos[2]);
        Assert.Contains($"  cluster  {Network}, members in {provider}", core.Process.Output);
        Assert.Contains($"  state    in {provider}", core.Process.Output);
        Assert.Empty(Directory.GetFiles(_folder["data"], "state.db"));

        await using var client = await ExternalClient.ConnectAsync(
            builder =>
            {
                clustering(builder);
                builder.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Network, Network));
            },
            configure: null,
            Cancel);
        var topic = Topic.Public(Network, "general");
        await client.DChat.PublishAsync(topic, Encoding.UTF8.GetBytes("before"), cancellationToken: Cancel);

        await killed.KillAsync(Cancel);
        await WaitUntilDeadAsync(client, killed.Settings.SiloPort);
        await SendAsync(kept, "after");

        Assert.Equal(["before", "after"], await FetchAsync(client, topic));
        Assert.All(_silos, silo => Assert.DoesNotContain(secret, silo.Process.Describe("printed"), StringComparison.Ordinal));
    }

    private static async Task WaitUntilDeadAsync(ExternalClient client, int siloPort)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await IsDeadAsync(client, siloPort))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<bool> IsDeadAsync(ExternalClient client, int siloPort)
    {
        try
        {
            var silos = await client.Orleans.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: false);
            return silos.Any(silo => silo.SiloAddress.Endpoint.Port == siloPort && silo.Status == SiloStatus.Dead);
        }
        catch (OrleansException)
        {
            // Until it is declared dead, the one that is asked where the grain is may be the killed one.
            return false;
        }
    }

    private static async Task<string[]> FetchAsync(ExternalClient client, Topic topic)
    {
        var page = await client.DChat.FetchAsync(topic, cancellationToken: Cancel);
        return [.. page.Messages.Select(message => Encoding.UTF8.GetString(message.Content.Span))];
    }

    private async Task SendAsync(SiloProcess silo, string text)
    {
        await using var send = ChildProcess.Start(
            Cli,
            [
                "--silo", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Settings.ClientPort}"),
                "--cluster-id", Network, "--service-id", Network, "--home", _folder["alice"], "send", "general", text,
            ]);
        var exitCode = await send.WaitForExitAsync(Cancel);
        Assert.True(exitCode == 0, send.Describe($"ended with {exitCode}"));
    }
}
