using DChat.Abstractions.Grains;
using DChat.Testing.Clusters;
using DChat.Testing.Tls;
using DChat.Tls.Certificates;
using DChat.Tls.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Tls.Tests.Connections;

/// <summary>Silos that meet each other and their client by TLS only.</summary>
public sealed class TlsClusterTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Two_silos_and_a_client_form_a_cluster_and_serve()
    {
        var (silo, client) = (_authority.Silo(), _authority.Client());
        await using var cluster = await TestCluster.StartAsync(
            silos: 2,
            configureSilo: builder => builder.UseDChatTls(silo),
            configureClient: builder => builder.UseDChatTls(_ => client));

        var network = await cluster.Client.GetGrain<IAdmissionGrain>(0).DescribeAsync();

        Assert.Equal(TestCluster.Network.Network, network.Network);
        Assert.Equal(2, cluster.Orleans.Silos.Count);
        Assert.All(cluster.Orleans.Silos, one => Assert.Null(SourceOf(one).Problem));
    }

    private static TlsSource SourceOf(Orleans.TestingHost.InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<TlsSource>();
}
