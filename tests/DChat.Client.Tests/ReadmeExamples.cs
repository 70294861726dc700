using Azure.Data.Tables;
using DChat.Client.Hosting;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Testing.Clusters;
using DChat.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;

namespace DChat.Client.Tests;

/// <summary>The snippets of the READMEs, word for word; the repository tests compare them.</summary>
public sealed class ReadmeExamples : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    private IDChatClient Client => _cluster.Client.ServiceProvider.GetRequiredService<IDChatClient>();

    public async ValueTask InitializeAsync() =>
        _cluster = await TestCluster.StartAsync(configureClient: client => client.UseDChatClient());

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task What_an_example_publishes_another_fetches()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var client = Client;
        var network = await client.DescribeNetworkAsync(cancellationToken);
        var topic = Topic.CreatePrivate(network.Network, "team");

        var outcome = await PublishAsync(client, topic, cancellationToken);
        Assert.True(outcome.IsAccepted);
        Assert.Equal(["hello", "again"], await HistoryAsync(client, topic, cancellationToken));
    }

    [Fact]
    public async Task What_the_example_of_devices_adds_takes_over()
    {
        await using var person = await Identities.Person.StartAsync(devices: 3, added: 1);

        Assert.Equal(DeviceStanding.Active, await PairAsync(person[1].Devices, person[2].Devices, TestContext.Current.CancellationToken));
    }

    private static async Task<DeviceStanding> PairAsync(IDChatDevices laptop, IDChatDevices phone, CancellationToken cancellationToken)
    {
        using var recovery = SigningKey.Generate();                         // RecoveryKeyText.Create(recovery) is for paper
        var identity = await laptop.CreateAsync(recovery.PublicKey, cancellationToken);

        string request = await phone.RequestAsync(identity, cancellationToken);      // carried as text, without secrets
        await laptop.AddAsync(request, name: "phone", cancellationToken: cancellationToken);
        var report = await phone.SyncAsync(cancellationToken);
        return report.Standing;
    }

    internal static async Task OutsideTheClusterAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.UseOrleansClient(orleans => orleans
            .UseLocalhostClustering(gatewayPort: 30000, serviceId: "dchat", clusterId: "dchat")
            .UseDChatClient(options => options.Home = "./device"));

        using var host = builder.Build();
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IDChatClient>();

        var network = await client.DescribeNetworkAsync();
        var topic = Topic.Public(network.Network, "general");
        await AtAGlanceAsync(client, topic);
    }

    internal static void OutsideAClusterWithTls(IClientBuilder builder)
    {
        builder.UseDChatClient(options => options.Tls = new TlsFiles
        {
            Certificate = "client.pem",
            Key = "client.key",
            Authority = "authority.pem",
        });
    }

    internal static void OutsideAClusterInAzure(IHostApplicationBuilder builder, string connection)
    {
        builder.UseOrleansClient(orleans => orleans
            .UseAzureStorageClustering((AzureStorageGatewayOptions table) => table.TableServiceClient = new TableServiceClient(connection))
            .Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = "dchat-dev")
            .UseDChatClient(options => options.Home = "./device"));
    }

    internal static void InsideASilo(ISiloBuilder silo)
    {
        silo.Services.AddDChatClient();
    }

    private static async Task AtAGlanceAsync(IDChatClient client, Topic topic)
    {
        await client.PublishAsync(topic, "hello");                    // sealed here; returns when it is durable there

        await foreach (var message in client.SubscribeAsync(topic))   // live, every position once, through restarts
        {
            Console.WriteLine($"{message.Device}: {message.GetText()}");
        }
    }

    private static async Task<PublishOutcome> PublishAsync(IDChatClient client, Topic topic, CancellationToken cancellationToken)
    {
        var receipt = await client.PublishAsync(topic, "hello", cancellationToken: cancellationToken);
        Console.WriteLine($"{receipt.MessageId} is durable at {receipt.Position}");

        var options = new PublishOptions { Retention = RetentionClass.OneDay };
        var outcome = await client.TryPublishAsync(topic, "again", options, cancellationToken);
        if (!outcome.IsAccepted)
        {
            Console.WriteLine($"{outcome.Error.Code}, {(outcome.Error.IsTransient ? "try later" : "give up")}");
        }

        return outcome;
    }

    private static async Task<List<string>> HistoryAsync(IDChatClient client, Topic topic, CancellationToken cancellationToken)
    {
        List<string> texts = [];
        LogPosition? after = null;
        FetchPage page;
        do
        {
            page = await client.FetchAsync(topic, after, limit: 100, cancellationToken);
            texts.AddRange(page.Messages.Select(message => message.GetText()));
            after = page.Next;
        }
        while (page.HasMore);
        return texts;
    }

    internal static async Task FollowAsync(
        IDChatClient client, Topic topic, LogPosition? saved, CancellationToken cancellationToken)
    {
        var start = saved is { } cursor ? StartPosition.After(cursor) : StartPosition.Beginning;
        await foreach (var message in client.SubscribeAsync(topic, new SubscribeOptions { Start = start }, cancellationToken))
        {
            Console.WriteLine($"{message.Device}: {message.GetText()}");
            saved = message.Position;   // where to go on after a restart
        }
    }

    internal static async Task GatewaysAsync(IDChatOperator cluster, CancellationToken cancellationToken)
    {
        foreach (var gateway in await cluster.ListGatewaysAsync(cancellationToken))
        {
            var report = await cluster.DescribePeersAsync(gateway.PeerId, cancellationToken);
            Console.WriteLine($"{gateway.PeerId} in {gateway.Silo}: {report?.TotalPeers ?? gateway.PeerCount} peers");
        }
    }

    internal static async Task CountAsync(
        IDChatClient client, ShardId shard, SubscribeOptions options, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var range in client.SubscribeEnvelopesAsync(shard, options, cancellationToken))
        {
            count += range.Envelopes.Count;
            Console.WriteLine($"{count} messages up to {range.Cursor}");
        }
    }
}
