using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Interop.Tests.Gossip;

/// <summary>Our gossipsub and that of js-libp2p.</summary>
public sealed class GossipInteropTests
{
    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Unsigned_messages_go_both_ways_under_the_same_id(Side dialer)
    {
        await using var ours = await GossipHost.StartAsync();
        await using var js = await StartJsAsync();
        await MeshAsync(ours, js, dialer);

        Assert.Equal(["/meshsub/1.2.0", "/meshsub/1.2.0"], await js.GossipProtocolsAsync(ours.Id));
        var published = ours.Publish("from ours \u00ff\u0000");
        var atJs = await js.AcceptedAsync("from ours \u00ff\u0000");
        Assert.Equal(published.MessageId.ToString(), (string?)atJs["messageId"]);
        Assert.Equal(GossipMessageIds.OfContent(GossipHost.Topic, Encoding.Latin1.GetBytes("from ours \u00ff\u0000"), default, default), published.MessageId);
        Assert.Equal((ours.Id.ToString(), null), ((string?)atJs["source"], (string?)atJs["author"]));

        Assert.Equal([ours.Id.ToString()], await js.PublishAsync("from js"));
        await ours.UntilAsync(o => o.Texts.Contains("from js"), "a message of js");
        var message = Assert.Single(ours.Messages);
        Assert.Equal((js.Id, null), (message.ReceivedFrom, message.Author));
        Assert.Equal(GossipMessageIds.OfContent(GossipHost.Topic, "from js"u8, default, default), message.Id);
    }

    [Fact]
    public async Task Signed_messages_verify_on_both_sides()
    {
        await using var ours = await GossipHost.StartAsync();
        await using var js = await StartJsAsync(new JsGossipSettings { Sign = true });
        await MeshAsync(ours, js, Side.CSharp, GossipSignaturePolicy.StrictSign);

        var published = ours.Publish("from ours");
        var atJs = await js.AcceptedAsync("from ours");
        Assert.Equal((published.MessageId.ToString(), ours.Id.ToString()), ((string?)atJs["messageId"], (string?)atJs["author"]));

        await js.PublishAsync("from js");
        await ours.UntilAsync(o => o.Texts.Contains("from js"), "a message of js");
        var message = Assert.Single(ours.Messages);
        Assert.Equal(js.Id, message.Author);
        byte[] id = [.. js.Id.Bytes.Span, .. BitConverter.GetBytes(message.Sequence).Reverse()];
        Assert.Equal(Convert.ToHexStringLower(id), message.Id.ToString());
    }

    [Fact]
    public async Task What_js_publishes_reaches_js_through_ours_and_what_is_invalid_does_not()
    {
        await using var ours = await GossipHost.StartAsync();
        await using var first = await StartJsAsync();
        await using var last = await StartJsAsync();
        ours.Subscribe();
        await first.SubscribeAsync();
        await last.SubscribeAsync();
        await ours.ConnectAsync(first);
        await ours.ConnectAsync(last);
        await first.MeshedAsync(ours);
        await last.MeshedAsync(ours);

        await first.PublishAsync("reject this");
        await ours.UntilAsync(o => o.Texts.Contains("reject this"), "the invalid message");
        await first.PublishAsync("accept this");
        var arrived = await last.AcceptedAsync("accept this");
        Assert.Equal(ours.Id.ToString(), (string?)arrived["source"]);
        Assert.Equal(["accept this"], last.Validated());
    }

    [Fact]
    public async Task What_ours_publishes_reaches_ours_through_js_and_what_js_rejects_or_ignores_does_not()
    {
        await using var first = await GossipHost.StartAsync();
        await using var last = await GossipHost.StartAsync();
        await using var js = await StartJsAsync();
        first.Subscribe();
        last.Subscribe();
        await js.SubscribeAsync(reject: "bad", ignore: "old");
        await first.ConnectAsync(js);
        await last.ConnectAsync(js);
        await js.MeshedAsync(first);
        await js.MeshedAsync(last);

        first.Publish("bad");
        first.Publish("old");
        first.Publish("good");
        await last.UntilAsync(o => o.Texts.Contains("good"), "the valid message");
        Assert.Equal(["good"], last.Texts);
        Assert.Equal(js.Id, last.Messages[0].ReceivedFrom);
        Assert.Equal(["bad", "good", "old"], js.Validated().Order());
    }

    [Fact]
    public async Task Without_a_mesh_js_recovers_our_messages_by_asking()
    {
        await using var ours = await GossipHost.StartAsync(WithoutMesh);
        await using var js = await StartJsAsync(new JsGossipSettings { D = 0 });
        await KnowAsync(ours, js);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(0, ours.Publish($"m{i}").PeerCount);
        }

        await js.EventAsync("gossip", count: 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"m{i}").Order(), js.Accepted().Order());
    }

    [Fact]
    public async Task Without_a_mesh_ours_recovers_messages_of_js_by_asking()
    {
        await using var ours = await GossipHost.StartAsync(WithoutMesh);
        await using var js = await StartJsAsync(new JsGossipSettings { D = 0 });
        await js.SubscribeAsync();
        await ours.ConnectAsync(js);
        await ours.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Contains(js.Id), "js to be subscribed");

        // With a mesh of nobody js sends its own messages to every subscriber, so nobody is one yet.
        for (var i = 0; i < 100; i++)
        {
            Assert.Empty(await js.PublishAsync($"m{i}"));
        }

        ours.Subscribe();
        await ours.UntilAsync(o => o.Texts.Count >= 100, "every message");
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"m{i}").Order(), ours.Texts.Order());
        Assert.Equal(0, await js.ScoreAsync(ours.Id));
    }

    [Fact]
    public async Task A_topic_that_is_left_is_left_on_the_other_side_too()
    {
        await using var ours = await GossipHost.StartAsync();
        await using var js = await StartJsAsync();
        await MeshAsync(ours, js, Side.CSharp);
        await js.DoAsync("gossipUnsubscribe", ("topic", GossipHost.Topic));
        await ours.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Count == 0 && o.Gossip.MeshOf(GossipHost.Topic).Count == 0, "js to have left");
        await js.SubscribeAsync();
        await ours.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Count == 1, "js to be back");
        ours.Gossip.Unsubscribe(GossipHost.Topic);
        await GossipHost.UntilAsync(async () => (await js.PeersAsync()).Count == 0, () => "Ours is still subscribed on js.");
    }

    [Fact]
    public async Task A_js_peer_that_is_killed_and_comes_back_is_in_the_mesh_again()
    {
        await using var ours = await GossipHost.StartAsync();
        Multiaddr address;
        await using (var first = await JsPeer.StartAsync(Killed()))
        {
            await MeshAsync(ours, first, Side.CSharp);
            address = first.Addresses[0].WithoutPeer();
            await first.KillAsync();
        }

        await ours.UntilAsync(o => o.Gossip.PeersOf(GossipHost.Topic).Count == 0 && o.Gossip.MeshOf(GossipHost.Topic).Count == 0, "js to be missed");
        await using var second = await JsPeer.StartAsync(Killed() with { Listen = [address.ToString()] });
        await second.SubscribeAsync();
        await ours.ConnectAsync(second);
        await second.MeshedAsync(ours);

        ours.Publish("welcome back");
        await second.AcceptedAsync("welcome back");
        await second.PublishAsync("thank you");
        await ours.UntilAsync(o => o.Texts.Contains("thank you"), "a message of js");

        static JsPeerSettings Killed() => new() { Seed = string.Concat(Enumerable.Repeat("6b", 32)), Gossip = new JsGossipSettings() };
    }

    private static void WithoutMesh(GossipsubOptions options) =>
        (options.MeshSize, options.MeshLow, options.MeshHigh, options.MeshOutbound) = (0, 0, 0, 0);

    private static Task<JsPeer> StartJsAsync(JsGossipSettings? gossip = null) =>
        JsPeer.StartAsync(new JsPeerSettings { Gossip = gossip ?? new JsGossipSettings() });

    private static async Task MeshAsync(GossipHost ours, JsPeer js, Side dialer, GossipSignaturePolicy policy = GossipSignaturePolicy.StrictNoSign)
    {
        ours.Subscribe(policy);
        await js.SubscribeAsync();
        await (dialer == Side.CSharp ? ours.ConnectAsync(js) : js.DialAsync(ours.Address));
        await js.MeshedAsync(ours);
    }

    /// <summary>Connects and waits until each knows that the other is subscribed; no mesh forms.</summary>
    private static async Task KnowAsync(GossipHost ours, JsPeer js)
    {
        ours.Subscribe();
        await js.SubscribeAsync();
        await ours.ConnectAsync(js);
        await GossipHost.UntilAsync(
            async () => ours.Gossip.PeersOf(GossipHost.Topic).Contains(js.Id) && (await js.PeersAsync()).Contains(ours.Id.ToString()),
            () => "They do not know of each other.");
    }
}
