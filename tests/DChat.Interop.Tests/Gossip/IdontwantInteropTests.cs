using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Interop.Tests.Gossip;

/// <summary>
/// IDONTWANT of gossipsub 1.2: three in a mesh, of whom one publishes. The other two have it from there at once, and hold their
/// verdicts until each has told the other that it needs no copy.
/// </summary>
public sealed class IdontwantInteropTests
{
    private const int MinSize = 100;

    [Theory]
    [InlineData(MinSize, 0)]
    [InlineData(MinSize - 1, 1)]
    public async Task Js_sends_no_copy_of_what_ours_has_said_it_does_not_want(int size, int copies)
    {
        var verdict = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var publisher = await StartAsync();
        await using var ours = await StartAsync();
        await using var js = await StartJsAsync();
        publisher.Subscribe();
        ours.Subscribe(hold: verdict.Task);
        await js.SubscribeAsync(hold: "hold");
        await publisher.ConnectAsync(ours);
        await publisher.ConnectAsync(js);
        await ours.ConnectAsync(js);
        await js.MeshedAsync(publisher);
        await js.MeshedAsync(ours);
        await MeshedAsync(publisher, ours);

        var text = Text(size);
        var id = publisher.Publish(text).MessageId;
        await ours.UntilAsync(o => o.Texts.Contains(text), "the message at ours");
        await js.EventAsync("gossip-validated", e => (string?)e["text"] == text);
        await GossipHost.UntilAsync(
            async () => (await js.UnwantedByAsync(ours.Id)).Contains(id.ToString()) == (copies == 0), () => "Ours has told js nothing.");

        // What js publishes next comes behind the copy, if there is one, and the publisher sends it no further.
        await js.ReleaseAsync();
        await js.AcceptedAsync(text);
        await js.PublishAsync("reject this");
        await ours.UntilAsync(o => o.Messages.Any(m => m.ReceivedFrom.Equals(js.Id)), "the last message");
        Assert.Equal(copies, ours.Gossip.Counters.Duplicates);
        verdict.SetResult();
    }

    [Theory]
    [InlineData(MinSize, 0)]
    [InlineData(MinSize - 1, 1)]
    public async Task Ours_sends_no_copy_of_what_js_has_said_it_does_not_want(int size, int copies)
    {
        var verdict = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var ours = await StartAsync();
        await using var publisher = await StartJsAsync();
        await using var js = await StartJsAsync();
        ours.Subscribe(hold: verdict.Task);
        await publisher.SubscribeAsync(reject: "after");
        await js.SubscribeAsync(hold: "hold");
        await ours.ConnectAsync(publisher);
        await ours.ConnectAsync(js);
        await js.DialAsync(publisher.Addresses[0]);
        await publisher.MeshedAsync(ours);
        await js.MeshedAsync(ours);
        await GossipHost.UntilAsync(async () => (await js.MeshAsync()).Contains(publisher.Id.ToString()), () => "The two of js have no mesh.");

        var text = Text(size);
        await publisher.PublishAsync(text);
        await ours.UntilAsync(o => o.Texts.Contains(text), "the message at ours");
        var held = await js.EventAsync("gossip-validated", e => (string?)e["text"] == text);
        Assert.Equal(publisher.Id.ToString(), (string?)held["source"]);

        // What js publishes now comes behind its IDONTWANT, and what ours publishes then behind its copy, if there is one.
        await js.PublishAsync("after");
        await ours.UntilAsync(o => o.Messages.Any(m => m.ReceivedFrom.Equals(js.Id)), "what js says after");
        verdict.SetResult();
        var id = GossipMessageIds.OfContent(GossipHost.Topic, Encoding.Latin1.GetBytes(text), default, default);
        await ours.UntilAsync(o => o.Gossip.Counters.Accepted == 2, "both verdicts");
        ours.Publish("last");
        await js.AcceptedAsync("last");
        Assert.Equal(copies, js.CopiesOf(id, ours.Id));
        await js.ReleaseAsync();
    }

    private static string Text(int size) => "hold ".PadRight(size, 'x');

    private static Task<GossipHost> StartAsync() => GossipHost.StartAsync(o => o.IdontwantMinSize = MinSize);

    private static Task<JsPeer> StartJsAsync() =>
        JsPeer.StartAsync(new JsPeerSettings { Gossip = new JsGossipSettings { IdontwantMinSize = MinSize } });

    private static Task MeshedAsync(GossipHost one, GossipHost other) => one.UntilAsync(
        o => o.Gossip.MeshOf(GossipHost.Topic).Contains(other.Id) && other.Gossip.MeshOf(GossipHost.Topic).Contains(o.Id), "a mesh of ours");
}
