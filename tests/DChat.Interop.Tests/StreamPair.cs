using DChat.Interop.Tests.Js;
using DChat.Libp2p.Streams;

namespace DChat.Interop.Tests;

/// <summary>Both ends of one stream between our host and a js-libp2p peer; whoever opened it had dialed, too.</summary>
internal sealed class StreamPair : IAsyncDisposable
{
    // The handler of our host returns only with the test, or the stream would be closed.
    private readonly TaskCompletionSource _done;

    private StreamPair(Pair pair, Libp2pStream ours, JsStream theirs, TaskCompletionSource done) =>
        (Pair, Ours, Theirs, _done) = (pair, ours, theirs, done);

    public Pair Pair { get; }

    public Libp2pStream Ours { get; }

    public JsStream Theirs { get; }

    public static async Task<StreamPair> OpenAsync(Side opener)
    {
        var pair = await Pair.StartAsync();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = new TaskCompletionSource<Libp2pStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Host.SetStreamHandler(JsPeer.ManualProtocol, (stream, _) =>
        {
            accepted.SetResult(stream);
            return done.Task;
        });
        try
        {
            await pair.DialAsync(opener);
            if (opener == Side.Js)
            {
                var opened = await pair.Js.OpenAsync(pair.Host.LocalPeer);
                return new StreamPair(pair, await accepted.Task.WaitAsync(JsProcess.Patience, TestContext.Current.CancellationToken), opened, done);
            }

            var ours = await pair.OpenAsync(JsPeer.ManualProtocol);
            return new StreamPair(pair, ours, await pair.Js.AcceptAsync(), done);
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _done.TrySetResult();
        await Ours.DisposeAsync();
        await Pair.DisposeAsync();
    }
}
