using DChat.Libp2p.Host;
using DChat.Libp2p.Hosting;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Tests.Hosting;

public sealed class AddCircuitRelayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_relay_and_one_that_reserves_there_start_and_stop_with_their_applications()
    {
        using var first = TestApplication.Create(services => services.AddCircuitRelay());
        await first.StartAsync(Cancel);
        var relay = first.Services.GetRequiredService<Libp2pHost>();
        Assert.Contains(CircuitRelayService.HopId, relay.Protocols);

        using var second = TestApplication.Create(services => services.AddCircuitRelay(options =>
        {
            options.Relay.Serves = false;
            options.AutoRelay.Relays.Add(relay.Address());
        }));
        await second.StartAsync(Cancel);
        var host = second.Services.GetRequiredService<Libp2pHost>();
        Assert.DoesNotContain(CircuitRelayService.HopId, host.Protocols);
        await TestHosts.UntilAsync(() => host.ListenAddresses.Count == 2);
        Assert.Equal(host.LocalPeer, Assert.Single(first.Services.GetRequiredService<CircuitRelayService>().Reservations).Peer);

        await second.StopAsync(Cancel);
        await first.StopAsync(Cancel);
        Assert.DoesNotContain(CircuitRelayService.HopId, relay.Protocols);
    }

    [Fact]
    public async Task A_bad_option_stops_the_application_with_its_name()
    {
        using var application = TestApplication.Create(services => services.AddCircuitRelay(options =>
        {
            options.Relay.MaxCircuits = 0;
            options.AutoRelay.Reservations = 17;
        }));
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync(Cancel));
        Assert.Equal(["Relay.MaxCircuits must be at least 1.", "AutoRelay.Reservations must be 1 to 16."], fault.Failures);
    }

    [Fact]
    public async Task What_is_known_late_is_configured_late_and_once()
    {
        var calls = 0;
        using var application = TestApplication.Create(services => services.AddCircuitRelay((options, provider) =>
        {
            calls++;
            options.Relay.MaxReservations = provider.GetRequiredService<List<int>>()[0];
        }).AddSingleton(new List<int> { 7 }));
        await application.StartAsync(Cancel);
        Assert.Equal((7, 1), (application.Services.GetRequiredService<CircuitRelayService>().Options.MaxReservations, calls));
        await application.StopAsync(Cancel);
    }
}
