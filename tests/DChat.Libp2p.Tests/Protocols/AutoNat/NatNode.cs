using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;
using Nat = DChat.Libp2p.Protocols.AutoNat.AutoNat;

namespace DChat.Libp2p.Tests.Protocols.AutoNat;

/// <summary>A host on <see cref="SimulatedInternet"/> that speaks AutoNAT.</summary>
internal sealed record NatNode(Libp2pHost Host, Nat Nat) : IAsyncDisposable
{
    /// <summary>Starts a node at port 4001 of an IP address.</summary>
    public static async Task<NatNode> StartAsync(
        TestNetwork network, string ip, Action<AutoNatOptions>? configure = null, TimeProvider? time = null, Meters? meters = null)
    {
        // Where a test moves time, nobody's answer to a ping comes in time.
        var host = await network.StartAtAsync(
            ip, o => o.Yamux.KeepAliveInterval = time is null ? o.Yamux.KeepAliveInterval : TimeSpan.FromDays(1), time: time, meters: meters);
        var options = new AutoNatOptions();
        configure?.Invoke(options);
        var nat = new Nat(host, options, meters: meters);
        await nat.StartAsync(TestContext.Current.CancellationToken);
        return new NatNode(host, nat);
    }

    /// <summary>A server that asks nobody.</summary>
    public static Task<NatNode> ServeAsync(
        TestNetwork network, string ip, Action<AutoNatServerLimits>? configure = null, TimeProvider? time = null, Meters? meters = null) => StartAsync(
        network,
        ip,
        o =>
        {
            o.Asks = false;
            configure?.Invoke(o.Server);
        },
        time,
        meters);

    public ValueTask DisposeAsync() => Nat.DisposeAsync();
}

/// <summary>Requests made by hand.</summary>
internal static class NatRequests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asks a server, and returns its first message and the stream that goes on.</summary>
    public static async Task<(Libp2pStream Stream, AutoNatMessage Answer)> BeginAsync(this Libp2pHost host, NatNode server, params string[] addresses)
    {
        host.Introduce(server.Host);
        var stream = await host.NewStreamAsync(server.Host.LocalPeer, [Nat.DialRequestId], Cancel);
        await stream.SendAsync(new AutoNatMessage.Request([.. addresses.Select(Multiaddr.Parse)], 1));
        return (stream, await stream.ReadAsync());
    }

    /// <summary>Asks a server for one dial, and returns its answer.</summary>
    public static async Task<(ResponseStatus Status, uint Index, DialStatus Dial)> AskAsync(this Libp2pHost host, NatNode server, params string[] addresses)
    {
        var (stream, answer) = await host.BeginAsync(server, addresses);
        await using (stream)
        {
            var response = Assert.IsType<AutoNatMessage.Response>(answer);
            return (response.Status, response.Index, response.Dial);
        }
    }

    public static async Task SendAsync(this Libp2pStream stream, AutoNatMessage message)
    {
        LengthPrefixed.Write(stream.Output, message.Encode());
        await stream.Output.FlushAsync(Cancel);
    }

    public static async Task<AutoNatMessage> ReadAsync(this Libp2pStream stream)
    {
        Assert.True(AutoNatMessage.TryDecode(await LengthPrefixed.ReadAsync(stream.Input, AutoNatMessage.MaxLength, Cancel), out var message));
        return message;
    }

    /// <summary>Takes whatever nonce comes.</summary>
    public static void TakeNonces(this Libp2pHost host) => host.SetStreamHandler(Nat.DialBackId, async (stream, stop) =>
    {
        await LengthPrefixed.ReadAsync(stream.Input, 100, stop);
        LengthPrefixed.Write(stream.Output, []);
        await stream.Output.FlushAsync(stop);
    });
}
