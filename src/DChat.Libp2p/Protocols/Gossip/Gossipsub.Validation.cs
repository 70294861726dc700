using System.Threading.Channels;
using DChat.Libp2p.Protocols.Gossip.Wire;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>Calling validators.</content>
public sealed partial class Gossipsub
{
    /// <summary>Bounded by the router: it lets in no more than <see cref="GossipsubLimits.MaxPendingValidations"/>.</summary>
    private readonly Channel<(GossipPacket Packet, PeerConnection? Over)> _validations = Channel.CreateUnbounded<(GossipPacket, PeerConnection?)>();

    /// <summary>Validators that were given up and have not returned.</summary>
    private int _hanging;

    /// <summary>One of the <see cref="GossipsubLimits.MaxConcurrentValidations"/> workers.</summary>
    private async Task ValidateAsync()
    {
        using var deadline = new ValidatorDeadline(_options.ValidationTimeout, _time, _stopping.Token);
        await foreach (var (packet, over) in _validations.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            // Who has gone meanwhile cannot be charged for it; perhaps another has brought it.
            var verdict = over is null ? GossipVerdict.Defer : await JudgeAsync(packet, over, deadline).ConfigureAwait(false);
            try
            {
                lock (_gate)
                {
                    _router.Decide(packet.Id, verdict, Now);
                    Apply();
                }
            }
            catch (Exception e)
            {
                // A worker that ends would be missed for ever.
                _logger.EventFailed(e);
            }
        }
    }

    private async ValueTask<GossipVerdict> JudgeAsync(GossipPacket packet, PeerConnection over, ValidatorDeadline deadline)
    {
        if (!_topics.TryGetValue(packet.Topic, out var policy) || _stopping.IsCancellationRequested)
        {
            return GossipVerdict.Ignore;
        }

        try
        {
            var message = new GossipMessage(packet.Topic, packet.Id, packet.Data, over, packet.Author, packet.Sequence);
            var token = deadline.Start();
            var judging = policy.Validator!(message, token);
            return judging.IsCompleted
                ? await judging.ConfigureAwait(false)
                : await WaitForAsync(judging.AsTask(), packet.Topic, token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Someone else's code: what it throws must not end the worker, and is no peer's fault.
            if (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
            {
                _logger.ValidatorFailed(e, packet.Topic);
            }

            return GossipVerdict.Ignore;
        }
    }

    /// <summary>The verdict, or <see cref="GossipVerdict.Ignore"/> when it is late: the worker goes on, and the validator is left behind.</summary>
    private async Task<GossipVerdict> WaitForAsync(Task<GossipVerdict> judging, string topic, CancellationToken deadline)
    {
        try
        {
            return await judging.WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            Interlocked.Increment(ref _router.Counters.ValidationsTimedOut);
            _logger.ValidatorLate(topic, _options.ValidationTimeout);
            if (!TryLeave(judging))
            {
                // Too many hang already, so this worker hangs with its own.
                await ((Task)judging).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return GossipVerdict.Ignore;
        }
        catch (OperationCanceledException) when (!judging.IsCompleted)
        {
            // Gossipsub stops, and waits for it a while.
            return await judging.ConfigureAwait(false);
        }
    }

    private bool TryLeave(Task<GossipVerdict> judging)
    {
        if (Interlocked.Increment(ref _hanging) > _options.Limits.MaxHangingValidations)
        {
            Interlocked.Decrement(ref _hanging);
            return false;
        }

        judging.ContinueWith(
            static (judged, self) =>
            {
                _ = judged.Exception;
                Interlocked.Decrement(ref ((Gossipsub)self!)._hanging);
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return true;
    }
}
