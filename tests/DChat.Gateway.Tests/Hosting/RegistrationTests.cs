using DChat.Libp2p.Hosting;
using DChat.Testing.Gateways;

namespace DChat.Gateway.Tests.Hosting;

/// <summary>The gateway registers its libp2p host as any application does, so that what an application adds counts too.</summary>
public sealed class RegistrationTests
{
    private const string Echo = "/echo/1.0.0";

    [Fact]
    public async Task A_silo_adds_protocols_to_the_host_of_its_gateway()
    {
        var token = TestContext.Current.CancellationToken;
        await using var gateways = await GatewayCluster.StartAsync(configure: silo => silo.Services
            .AddStreamHandler(Echo, _ => (stream, stop) => stream.Input.CopyToAsync(stream.Output, stop)));
        var (host, connection) = await gateways.ConnectAsync(0, token);

        await using var stream = await host.NewStreamAsync(connection, [Echo], token);
        await stream.Output.WriteAsync("hello"u8.ToArray(), token);
        await stream.CloseWriteAsync(token);

        Assert.Equal(5, (await stream.Input.ReadAtLeastAsync(5, token)).Buffer.Length);
    }
}
