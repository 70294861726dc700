using DChat.Interop.Tests.Js;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Interop.Tests.Gossip;

/// <summary>
/// What each side thinks of the other by what it does. Invalid messages count by the square of their number, times ten, on both;
/// from three of them on nothing is read.
/// </summary>
public sealed class ScoreInteropTests
{
    [Fact]
    public async Task Ours_scores_js_for_every_forged_signature_and_reads_it_no_more()
    {
        await using var ours = await GossipHost.StartAsync(o => o.Score.DisconnectsGraylisted = false);
        await using var js = await StartJsAsync();
        await MeshAsync(ours, js);
        foreach (var (forged, score) in ((int, double)[])[(1, -10), (2, -40), (3, -90)])
        {
            await js.ForgeAsync(ours.Id, $"forged {forged}");
            await ours.UntilAsync(o => o.Gossip.Counters.BadSignature == forged, "the forged message");
            await ours.UntilAsync(o => o.Gossip.ScoreOf(js.Id) == score, $"a score of {score}, not {ours.Gossip.ScoreOf(js.Id)}");
        }

        await js.PublishAsync("from a forger");
        await ours.UntilAsync(o => o.Gossip.Counters.GraylistedRpcs > 0, "something of js not to be read");
        Assert.Empty(ours.Texts);
        await ours.UntilAsync(o => o.Gossip.MeshOf(GossipHost.Topic).Count == 0, "js to be out of the mesh");
    }

    [Fact]
    public async Task Ours_closes_a_js_peer_that_forges_and_takes_it_on_no_more()
    {
        await using var ours = await GossipHost.StartAsync();
        await using var js = await StartJsAsync();
        await MeshAsync(ours, js);
        for (var i = 0; i < 3; i++)
        {
            await js.ForgeAsync(ours.Id, $"forged {i}");
        }

        await js.EventAsync("connection-close", e => (string?)e["peer"] == ours.Id.ToString());
        Assert.Equal(1, ours.Gossip.Counters.Cut);
        if (await Record.ExceptionAsync(() => js.DialAsync(ours.Address)) is null)
        {
            // It was refused after js had its connection.
            await js.EventAsync("connection-close", e => (string?)e["peer"] == ours.Id.ToString(), count: 2);
        }

        Assert.Empty(ours.Host.ConnectionsTo(js.Id));
    }

    [Fact]
    public async Task Js_scores_a_forger_of_ours_alike_and_reads_it_no_more()
    {
        await using var js = await StartJsAsync();
        await js.SubscribeAsync();
        await using var forger = await HandmadeGossiper.ConnectAsync(js);
        await forger.SubscribeAsync();
        await forger.PublishAsync("honest until now");
        await js.AcceptedAsync("honest until now");
        Assert.Equal((0, true), (await js.ScoreAsync(forger.Id), await js.ReadsAsync(forger.Id)));
        foreach (var score in (double[])[-10, -40, -90])
        {
            await forger.ForgeAsync("forged");
            await GossipHost.UntilAsync(async () => await js.ScoreAsync(forger.Id) == score, () => $"Not in time: a score of {score}.");
        }

        // What it takes a second to notice: until then a peer that it knew as good is read without a look at its score.
        await GossipHost.UntilAsync(async () => !await js.ReadsAsync(forger.Id), () => "js reads the forger still.");
        Assert.Equal(["honest until now"], js.Accepted());
    }

    [Fact]
    public async Task Who_passes_on_what_the_other_ignores_is_worth_no_less()
    {
        await using var ours = await GossipHost.StartAsync();
        await using var js = await StartJsAsync();
        ours.Subscribe(GossipSignaturePolicy.StrictSign);
        await js.SubscribeAsync(ignore: "ignore");
        await ours.ConnectAsync(js);
        await js.MeshedAsync(ours);
        for (var i = 0; i < 20; i++)
        {
            await js.PublishAsync($"ignore of js {i}");
            ours.Publish($"ignore of ours {i}");
        }

        await ours.UntilAsync(o => o.Gossip.Counters.Ignored == 20, "what is ignored");
        await js.EventAsync("gossip-validated", count: 20);
        Assert.Equal((0, 0), (ours.Gossip.ScoreOf(js.Id), await js.ScoreAsync(ours.Id)));

        // Both are in each other's mesh still.
        await js.PublishAsync("of js");
        ours.Publish("of ours");
        await js.AcceptedAsync("of ours");
        await ours.UntilAsync(o => o.Texts.Contains("of js"), "a message of js");
    }

    private static Task<JsPeer> StartJsAsync() =>
        JsPeer.StartAsync(new JsPeerSettings { Gossip = new JsGossipSettings { Sign = true, Scored = [GossipHost.Topic] } });

    private static async Task MeshAsync(GossipHost ours, JsPeer js)
    {
        ours.Subscribe(GossipSignaturePolicy.StrictSign);
        await js.SubscribeAsync();
        await ours.ConnectAsync(js);
        await js.MeshedAsync(ours);
    }
}
