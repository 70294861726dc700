using System.IO.Pipelines;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// One peer: keeps exactly one stream to it open while it is connected, and writes to it what waits in the outbox. A
/// stream that ends is opened again, after a pause that grows.
/// </summary>
internal sealed class GossipSession(PeerId peer, GossipsubOptions options, GossipCounters counters, OutboxBudget budget, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly GossipRpcWriter _writer = new();
    private readonly GossipBatch _batch = new();
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _pause = FirstPause;
    private bool _isStalled;
    private readonly CancellationTokenSource _ending = new();

    internal PeerId Peer => peer;

    /// <summary>Completes when nothing of it runs any more.</summary>
    internal Task Ended { get; set; } = Task.CompletedTask;

    internal GossipOutbox Outbox { get; } = new(options.Limits, counters, budget, time);

    /// <summary>The stream that the peer sends on; the newest, when it has opened several. Under the owner's lock.</summary>
    internal Libp2pStream? Inbound { get; set; }

    /// <summary>Fires when the peer is not to be spoken with any more.</summary>
    internal CancellationToken Ending => _ending.Token;

    /// <summary>Ends it for good, whatever waits.</summary>
    internal void End() => _ending.Cancel();

    public void Dispose() => _ending.Dispose();

    /// <summary>Ends a pause: something has changed about the peer's connections.</summary>
    internal void Wake() => _woken.TrySetResult();

    /// <summary>Opens the stream and writes until it ends, whoever ends it; why it did. Null when nothing more will come.</summary>
    /// <param name="openAsync">Opens the stream.</param>
    /// <param name="onOpened">Called with it before anything is written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<string?> SpeakAsync(
        Func<CancellationToken, Task<Libp2pStream>> openAsync, Action<Libp2pStream> onOpened, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        _isStalled = false;
        try
        {
            await using var stream = await openAsync(cancellationToken).ConfigureAwait(false);
            Outbox.Resume();
            onOpened(stream);
            return await WriteAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Libp2pException e)
        {
            return e.Message;
        }
        finally
        {
            _pause = _isStalled || time.GetElapsedTime(started) < LongestPause ? _pause : FirstPause;
        }
    }

    /// <summary>How long the next pause is; each is twice as long as the one before, until a stream has lasted.</summary>
    internal TimeSpan NextPause()
    {
        var pause = _pause;
        _pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        return pause;
    }

    /// <summary>Waits, or until woken.</summary>
    internal async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_woken.Task, Task.Delay(pause, time, timeout.Token)).ConfigureAwait(false);
        await timeout.CancelAsync().ConfigureAwait(false);
        _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<string?> WriteAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(stream.Input, ended);
        try
        {
            while (await Outbox.WaitAsync(ended.Token).ConfigureAwait(false))
            {
                while (Outbox.TryTake(_batch))
                {
                    _writer.Write(stream.Output, _batch);
                    await FlushAsync(stream.Output, ended).ConfigureAwait(false);
                }
            }

            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            stream.Reset();
            return _isStalled ? "the peer takes nothing" : "the peer ended it";
        }
        catch
        {
            stream.Reset();
            throw;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Flushes an RPC, and gives up when the peer does not take it in time.</summary>
    private async ValueTask FlushAsync(PipeWriter output, CancellationTokenSource ended)
    {
        var flushing = output.FlushAsync(ended.Token);
        if (flushing.IsCompleted)
        {
            await flushing.ConfigureAwait(false);
            return;
        }

        var flushed = flushing.AsTask();
        try
        {
            await flushed.WaitAsync(options.StallTimeout, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _isStalled = true;
            Interlocked.Increment(ref counters.StalledStreams);
            await ended.CancelAsync().ConfigureAwait(false);
            await flushed.ConfigureAwait(false);
        }
    }

    /// <summary>Nothing comes back on this stream; its end is the peer's word that it reads no more.</summary>
    private static async Task WatchAsync(PipeReader input, CancellationTokenSource ended)
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(ended.Token).ConfigureAwait(false);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            // Reset, the connection is gone, or the writer is done.
        }

        await ended.CancelAsync().ConfigureAwait(false);
    }
}
