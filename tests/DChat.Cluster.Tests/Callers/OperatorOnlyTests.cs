using DChat.Abstractions.Grains;
using DChat.Client;
using DChat.Client.Hosting;
using DChat.Core;
using DChat.Grains.Callers;
using DChat.Testing.Clusters;
using DChat.Testing.Peers;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Cluster.Tests.Callers;

public sealed class OperatorOnlyTests(OperatorOnlyTests.WithToken fixture) : IClassFixture<OperatorOnlyTests.WithToken>
{
    private const string Token = "sixteen-letters!";

    private readonly TestCluster _cluster = fixture.Cluster;

    [Theory]
    [InlineData(null)]
    [InlineData("sixteen-letters?")]
    [InlineData("sixteen-letters!!")]
    public async Task A_client_without_the_token_is_refused_and_told_how_to_give_it(string? token)
    {
        using var client = Client(token);
        var api = client.GetRequiredService<IDChatOperator>();

        var list = await Assert.ThrowsAsync<DChatException>(() => api.ListGatewaysAsync(TestContext.Current.CancellationToken));
        var describe = await Assert.ThrowsAsync<DChatException>(
            () => api.DescribePeersAsync("gateway", TestContext.Current.CancellationToken));

        Assert.Equal(("operator-only", false), (list.Code, list.IsTransient));
        Assert.Equal(("operator-only", false), (describe.Code, describe.IsTransient));
        Assert.Contains("DCHAT__OPERATOR__TOKEN", list.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, list.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_the_token_is_an_operator_and_its_other_calls_do_not_carry_it()
    {
        await PeerSet(_cluster.SiloClient).ReportAsync(GatewayReports.Update("gateway", described: 1));
        using var client = Client(Token);
        var api = client.GetRequiredService<IDChatOperator>();

        Assert.Empty(await api.ListGatewaysAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, (await api.DescribePeersAsync("gateway", TestContext.Current.CancellationToken))?.TotalPeers);
        Assert.Null(RequestContext.Get(OperatorOnlyAttribute.TokenKey));
        await Assert.ThrowsAsync<DChatException>(() => PeerSet(_cluster.Client).DescribeAsync());
    }

    [Fact]
    public async Task Code_in_a_silo_needs_no_token_and_a_token_opens_nothing_that_is_for_silos_only()
    {
        await PeerSet(_cluster.SiloClient).DescribeAsync();

        RequestContext.Set(OperatorOnlyAttribute.TokenKey, Token);
        var error = await Assert.ThrowsAsync<DChatException>(
            () => PeerSet(_cluster.Client).ReportAsync(GatewayReports.Update("gateway", described: 1)));

        Assert.Equal("cluster-only", error.Code);
    }

    private static IPeerSetGrain PeerSet(IGrainFactory grains) => grains.GetGrain<IPeerSetGrain>(GrainKeys.PeerSet("gateway"));

    private ServiceProvider Client(string? token) => new ServiceCollection()
        .AddSingleton(_cluster.Client)
        .AddDChatClient(options => options.OperatorToken = token)
        .BuildServiceProvider();

    /// <summary>One silo that knows operators by a token.</summary>
    public sealed class WithToken : IAsyncLifetime
    {
        private TestCluster? _cluster;

        public TestCluster Cluster => _cluster!;

        public async ValueTask InitializeAsync() => _cluster = await TestCluster.StartAsync(
            configureSilo: silo => silo.Services.Configure<OperatorOptions>(options => options.Token = Token));

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
