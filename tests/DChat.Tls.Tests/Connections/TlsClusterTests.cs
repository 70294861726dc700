using DChat.Abstractions.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Tls.Tests.Connections;

/// <summary>Silos that meet each other and their client by TLS only.</summary>
public sealed class TlsClusterTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_silos_and_a_client_form_a_cluster_and_serve()
    {
        using var second = await silo.JoinAsync(silo.SiloFiles);
        using var client = await TlsSilo.StartClientAsync(silo.ClientPort, silo.Authority.Client(), configure: null, Cancel);
        var grains = client.Services.GetRequiredService<IClusterClient>();

        var network = await grains.GetGrain<IAdmissionGrain>(0).DescribeAsync();

        Assert.Equal(TlsSilo.Network, network.Network);
        Assert.Equal(2, (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancel)).Count);
        Assert.Null(silo.Source.Problem);
        await client.StopAsync(Cancel);
        await second.StopAsync(Cancel);
    }
}
