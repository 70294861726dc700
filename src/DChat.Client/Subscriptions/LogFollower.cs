using System.Runtime.CompilerServices;
using DChat.Core;
using DChat.Core.Shards;

namespace DChat.Client.Subscriptions;

/// <summary>
/// Turns what an inbox brings, with drops, repeats and wrong order, into the log itself: every range once, in order, from
/// a position on. The inbox carries speed, the source carries truth (DESIGN §2.5). History, a lost stream item, an
/// overflowed inbox and a silo restart are all the same case: the log is further than we are, so we read it.
/// </summary>
internal sealed class LogFollower(LogInbox inbox, ILogSource source, CursorGapAction onGap)
{
    /// <summary>How often a read may bring nothing although the stream told of more, before the log counts as gone back.</summary>
    internal const int MaxFruitlessReads = 10;

    private LogPosition _position;

    /// <summary>Follows until cancelled.</summary>
    /// <exception cref="DChatException">The log cannot be continued from where we are (<c>cursor-gap</c>), unless <see cref="CursorGapAction"/> says otherwise.</exception>
    public async IAsyncEnumerable<EnvelopeRange> FollowAsync(LogPosition start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _position = start;
        while (true)
        {
            var (range, head) = await inbox.TakeAsync(_position, cancellationToken).ConfigureAwait(false);
            if (head.Log != _position.Log)
            {
                await OnOtherLogAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            var reached = true;
            var target = range is null ? head.Sequence : range.First - 1;
            for (var fruitless = 0; reached && _position.Sequence < target;)
            {
                var read = await source.ReadAsync(_position, cancellationToken).ConfigureAwait(false);
                if (read is not null && read.Through > _position.Sequence)
                {
                    fruitless = 0;
                    _position = read.Cursor;
                    if (read.Envelopes.Count + read.Holes.Count > 0)
                    {
                        yield return read;
                    }
                }
                else if (read is not null && ++fruitless < MaxFruitlessReads)
                {
                    await source.PauseAsync(fruitless, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    var now = await source.GetHeadAsync(cancellationToken).ConfigureAwait(false);
                    MoveAcrossGap(now);
                    reached = false;
                }
            }

            if (reached && range is not null && range.Through > _position.Sequence)
            {
                var rest = range.After(_position.Sequence);
                _position = rest.Cursor;
                yield return rest;
            }
        }
    }

    // Late items of a log that was replaced may still arrive, so only the shard says which log is the present one.
    private async Task OnOtherLogAsync(CancellationToken cancellationToken)
    {
        var head = await source.GetHeadAsync(cancellationToken).ConfigureAwait(false);
        if (head.Log == _position.Log)
        {
            inbox.SetHead(head);
        }
        else
        {
            MoveAcrossGap(head);
        }
    }

    private void MoveAcrossGap(LogPosition head)
    {
        inbox.SetHead(head);
        var next = onGap == CursorGapAction.Restart ? head with { Sequence = 0 } : head;

        // A log that refuses even its own beginning would have us restart for ever.
        if (onGap == CursorGapAction.Throw || (onGap == CursorGapAction.Restart && next == _position))
        {
            throw new DChatException(
                DChatErrorCodes.CursorGap,
                $"The log cannot be continued after {_position}; it now stands at {head}. Start again from the beginning or from now.");
        }

        _position = next;
    }
}
