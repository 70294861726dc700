using System.Text.Json.Nodes;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;

namespace DChat.Interop.Tests;

public sealed class IdentifyInteropTests
{
    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task We_learn_who_js_is_and_verify_its_record(Side dialer)
    {
        await using var pair = await Pair.StartAsync();
        await pair.DialAsync(dialer);
        var (connection, info, isPush) = await pair.EventAsync<PeerEvent.Identified>();

        Assert.False(isPush);
        Assert.Equal(pair.Js.Id, connection.RemotePeer);
        Assert.Equal(pair.Js.Id, info.Peer);
        Assert.Equal((pair.Js.Agent, "ipfs/0.1.0"), (info.AgentVersion, info.ProtocolVersion));
        Assert.Equal((await pair.Js.ProtocolsAsync()).Order(StringComparer.Ordinal), info.Protocols!.Order(StringComparer.Ordinal));
        Assert.Contains(JsPeer.EchoProtocol, info.Protocols!);
        Assert.Equal(connection.LocalAddress, info.ObservedAddress);
        Assert.Equal(pair.Js.Id, info.Record!.Peer);
        Assert.NotEqual(0UL, info.Record.Sequence);
        Assert.Equal([pair.Js.Addresses[0].WithoutPeer()], info.Record.Addresses);
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Js_learns_who_we_are_and_certifies_our_addresses(Side dialer)
    {
        await using var pair = await Pair.ConnectAsync(dialer);
        var identified = await pair.Js.EventAsync("identified");

        Assert.Equal(pair.Host.LocalPeer.ToString(), (string?)identified["peer"]);
        Assert.Equal(("DChat.Libp2p/0.1.0", "ipfs/0.1.0"), ((string?)identified["agent"], (string?)identified["version"]));
        Assert.Equal(pair.Host.Protocols, JsPeer.Texts(identified["protocols"]));
        Assert.Equal(pair.Host.ListenAddresses.Select(a => a.ToString()), JsPeer.Texts(identified["record"]));
        Assert.Equal(pair.Connection.RemoteAddress, Multiaddr.Parse((string)identified["observed"]!));

        var known = await pair.Js.DoAsync("known", ("peer", pair.Host.LocalPeer.ToString()));
        var address = Assert.Single(known!["addresses"]!.AsArray())!;
        Assert.Equal(pair.Host.ListenAddresses[0].ToString(), (string?)address["address"]);
        Assert.True((bool)address["isCertified"]!);
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_handler_we_add_or_remove_later_is_pushed_to_js(Side dialer)
    {
        const string Later = "/dchat-test/later/1.0.0";
        await using var pair = await Pair.ConnectAsync(dialer);

        pair.Host.SetStreamHandler(Later, (_, _) => Task.CompletedTask);
        var added = await pair.Js.EventAsync("identified", e => Protocols(e).Contains(Later));
        Assert.Equal(pair.Host.Protocols, Protocols(added));
        Assert.Equal(pair.Host.ListenAddresses.Select(a => a.ToString()), JsPeer.Texts(added["record"]));

        Assert.True(pair.Host.RemoveStreamHandler(Later));
        var removed = await pair.Js.EventAsync("identified", e => (string?)e["peer"] == pair.Host.LocalPeer.ToString() && IsAfter(e, added));
        Assert.Equal(pair.Host.Protocols, Protocols(removed));
        Assert.DoesNotContain(Later, Protocols(removed));

        bool IsAfter(JsonNode later, JsonNode earlier)
        {
            var all = pair.Js.Events("identified").ToList();
            return all.IndexOf(later) > all.IndexOf(earlier);
        }
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_handler_js_adds_or_removes_later_is_pushed_to_us(Side dialer)
    {
        const string Later = "/dchat-test/later/1.0.0";
        await using var pair = await Pair.ConnectAsync(dialer);

        await pair.Js.DoAsync("handle", ("protocol", Later));
        var added = await pair.EventAsync<PeerEvent.Identified>(e => e.Info.Protocols!.Contains(Later));
        Assert.True(added.IsPush);
        await pair.Js.DoAsync("unhandle", ("protocol", Later));
        var removed = await pair.EventAsync<PeerEvent.Identified>(e => !e.Info.Protocols!.Contains(Later));
        Assert.True(removed.IsPush);
        Assert.Equal((await pair.Js.ProtocolsAsync()).Order(StringComparer.Ordinal), removed.Info.Protocols!.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task A_record_that_js_signs_anew_is_pushed_to_us_and_takes_the_place_of_the_older(Side dialer)
    {
        var further = Multiaddr.Parse("/ip4/127.0.0.1/tcp/9");
        await using var pair = await Pair.StartAsync();
        await pair.DialAsync(dialer);
        var first = (await pair.EventAsync<PeerEvent.Identified>()).Info.Record!;

        await pair.Js.DoAsync("announce", ("address", further.ToString()));
        var pushed = await pair.EventAsync<PeerEvent.Identified>(e => e.Info.Record!.Sequence > first.Sequence);
        Assert.True(pushed.IsPush);
        Assert.Equal([.. first.Addresses, further], pushed.Info.Record!.Addresses.OrderBy(a => a.Equals(further)));
        Assert.Contains(further, pushed.Info.Addresses);
    }

    private static IReadOnlyList<string> Protocols(JsonNode identified) => JsPeer.Texts(identified["protocols"]);
}
