using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Tests.Hosting;

public sealed class AddKademliaTests
{
    [Fact]
    public async Task Kademlia_starts_and_stops_with_the_application_and_the_readme_finds_its_player()
    {
        using var first = TestApplication.Create(services => services.AddKademlia(o => (o.Prefix, o.Mode) = ("/example", KademliaMode.Server)));
        await first.StartAsync(TestContext.Current.CancellationToken);
        var host = first.Services.GetRequiredService<Libp2pHost>();
        Assert.Contains("/example/kad/1.0.0", host.Protocols);
        await using var other = new Libp2pHost(new Libp2pOptions());
        await ReadmeExamples.KademliaAsync(other, host.Address());

        var dht = first.Services.GetRequiredService<KademliaDht>();
        await first.StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => dht.GetClosestPeersAsync("k"u8.ToArray(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_network_without_a_name_stops_the_application()
    {
        using var application = TestApplication.Create(services => services.AddKademlia());
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Prefix must be set", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_late_is_configured_late()
    {
        using var application = TestApplication.Create(services => services.AddKademlia((o, s) => o.Prefix = s.GetRequiredService<string>()).AddSingleton("/late"));
        await application.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("/late/kad/1.0.0", application.Services.GetRequiredService<KademliaDht>().Protocol);
        await application.StopAsync(TestContext.Current.CancellationToken);
    }
}
