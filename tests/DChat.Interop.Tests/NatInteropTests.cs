using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Dcutr;

namespace DChat.Interop.Tests;

/// <summary>
/// Our AutoNAT v2 and DCUtR with <c>@libp2p/autonat-v2</c> and <c>@libp2p/dcutr</c>, whose own code runs as it is. js leaves loopback
/// addresses alone, so both sides stand on TCP that shows public addresses in their place. What that cannot prove: a simultaneous open,
/// which loopback does not have.
/// </summary>
public sealed class NatInteropTests
{
    private const string Ours = "8.8.8.8";
    private const string Theirs = "9.9.9.9";

    /// <summary>Bytes for a dial elsewhere, by our default and in js.</summary>
    private const int LeastPaid = AutoNatServerLimits.LeastDialData;
    private const int MostPaid = 100_000;

    /// <summary>More than all else that goes over the wire: handshakes, identify, frames.</summary>
    private const int Overhead = 30_000;

    private static readonly JsShownSettings Shown = new(Theirs, Ours);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Js_dials_us_back_for_nothing_where_it_sees_us_and_our_address_is_confirmed()
    {
        await using var js = await JsPeer.StartAsync(new JsPeerSettings { Autonat = true, Shown = Shown });
        var tcp = new ShownTcp(Ours, Theirs);
        await using var host = await StartHostAsync(tcp);
        await using var nat = new AutoNat(host, new AutoNatOptions { NetworksToConfirm = 1 });
        await nat.StartAsync(Cancel);
        await host.ConnectAsync(PublicOf(js), Cancel);
        await UntilConfirmedAsync(host);
        Assert.Equal(Reachability.Reachable, Assert.Single(nat.Addresses).Reachability);
        Assert.InRange(tcp.Sent, 1, LeastPaid - 1);
        Assert.Equal(DialBackOutcome.Failed, await nat.AskAsync(js.Id, Multiaddr.Parse($"/ip4/{Ours}/tcp/1"), Cancel));
    }

    [Fact]
    public async Task We_pay_js_for_a_dial_elsewhere_and_our_address_is_confirmed()
    {
        // js sees us at 8.8.8.8.
        await using var js = await JsPeer.StartAsync(new JsPeerSettings { Autonat = true, Shown = Shown });
        var tcp = new ShownTcp("8.8.4.4", Theirs);
        await using var host = await StartHostAsync(tcp, "8.8.4.4");
        await using var nat = new AutoNat(host, new AutoNatOptions { NetworksToConfirm = 1 });
        await nat.StartAsync(Cancel);
        await host.ConnectAsync(PublicOf(js), Cancel);
        await UntilConfirmedAsync(host);
        Assert.InRange(tcp.Sent, LeastPaid, MostPaid + Overhead);
    }

    [Theory]
    [InlineData(Theirs, 0, LeastPaid - 1)]
    [InlineData("9.9.4.4", LeastPaid, MostPaid + Overhead)]
    public async Task We_dial_js_back_and_it_confirms_its_address_having_paid_when_we_see_it_elsewhere(string seenAt, int leastReceived, int mostReceived)
    {
        await using var js = await JsPeer.StartAsync(new JsPeerSettings { Autonat = true, Shown = Shown });
        var tcp = new ShownTcp(Ours, seenAt);
        await using var host = await StartHostAsync(tcp);
        var options = new AutoNatOptions { Asks = false };
        options.Server.MaxDialDelay = TimeSpan.Zero;
        await using var nat = new AutoNat(host, options);
        await nat.StartAsync(Cancel);
        Assert.DoesNotContain(PublicOf(js), await AddressesOfAsync(js));
        await js.DialAsync(host.ListenAddresses[0].WithPeer(host.LocalPeer));
        while (!(await AddressesOfAsync(js)).Contains(PublicOf(js)))
        {
            Cancel.ThrowIfCancellationRequested();
        }

        Assert.InRange(tcp.Received, leastReceived, mostReceived);
    }

    [Theory]
    [InlineData(Side.Js, 0)]
    [InlineData(Side.Js, 1)]
    [InlineData(Side.CSharp, 0)]
    [InlineData(Side.CSharp, 1)]
    public async Task A_relayed_connection_becomes_a_direct_one(Side target, int failing)
    {
        // The first dial of whoever was reached through the relay fails, or does not: connection reversal, or hole punching.
        await using var relay = await Pair.StartHostAsync(_ => { });
        using var service = new CircuitRelayService(relay);
        var circuit = Multiaddr.Parse($"{relay.ListenAddresses[0].WithPeer(relay.LocalPeer)}/p2p-circuit");
        string[] listen = target == Side.Js ? ["/ip4/127.0.0.1/tcp/0", circuit.ToString()] : ["/ip4/127.0.0.1/tcp/0"];
        var settings = new JsPeerSettings { Relay = "client", Dcutr = true, Listen = listen, Shown = Shown with { Failing = target == Side.Js ? failing : 0 } };
        await using var js = await JsPeer.StartAsync(settings);
        await js.DoAsync("announce", ("address", PublicOf(js).WithoutPeer().ToString()));
        await using var host = await StartHostAsync(new ShownTcp(Ours, Theirs, target == Side.CSharp ? failing : 0), through: target == Side.CSharp ? circuit : null);
        await using var dcutr = new Dcutr(host, new DcutrOptions { RelayedGrace = TimeSpan.Zero });
        await dcutr.StartAsync(Cancel);
        using var events = host.Subscribe();
        if (target == Side.Js)
        {
            await host.ConnectAsync(circuit.WithPeer(js.Id), Cancel);
        }
        else
        {
            await js.DialAsync(circuit.WithPeer(host.LocalPeer));
        }

        await foreach (var occurred in events.WithCancellation(Cancel))
        {
            if (occurred is PeerEvent.ConnectionClosed { Connection: { RemoteAddress.IsRelayed: true } closed } && closed.RemotePeer.Equals(js.Id))
            {
                break;
            }
        }

        Assert.Contains(host.ConnectionsTo(js.Id), c => c.IsUsable && !c.RemoteAddress.IsRelayed);
    }

    private static async Task<Libp2pHost> StartHostAsync(ShownTcp tcp, string listensAt = Ours, Multiaddr? through = null)
    {
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(tcp);
        options.ListenAddresses.Add(Multiaddr.Parse($"/ip4/{listensAt}/tcp/0"));
        options.LimitedProtocols.Add(Dcutr.Id);
        if (through is not null)
        {
            options.ListenAddresses.Add(through);
        }

        var host = new Libp2pHost(options);
        await host.StartAsync(Cancel);
        return host;
    }

    private static async Task UntilConfirmedAsync(Libp2pHost host)
    {
        while (host.Addresses.Confirmed.Count == 0)
        {
            await Task.Yield();
            Cancel.ThrowIfCancellationRequested();
        }

        Assert.Equal([host.ListenAddresses[0]], host.Addresses.Confirmed);
    }

    /// <summary>Where a js peer is shown.</summary>
    private static Multiaddr PublicOf(JsPeer js)
    {
        var listening = js.Addresses.First(a => !a.IsRelayed).ToString();
        return Multiaddr.Parse(listening.Replace("127.0.0.1", Theirs, StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<Multiaddr>> AddressesOfAsync(JsPeer js) => [.. JsPeer.Texts(await js.DoAsync("addresses")).Select(Multiaddr.Parse)];
}
