using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>Who waits for which append: one completion for each append, whoever offered its messages. Runs on the grain's scheduler.</summary>
internal sealed class AppendWaiters
{
    private readonly Dictionary<ulong, TaskCompletionSource<SettledAppend>> _waiting = [];

    /// <summary>Completes when all of the appends, which have not settled yet, have.</summary>
    public Task<SettledAppend[]> WaitAsync(IReadOnlyList<ulong> tickets)
    {
        if (tickets.Count == 0)
        {
            return Task.FromResult<SettledAppend[]>([]);
        }

        var waits = new Task<SettledAppend>[tickets.Count];
        for (var i = 0; i < waits.Length; i++)
        {
            if (!_waiting.TryGetValue(tickets[i], out var source))
            {
                _waiting[tickets[i]] = source = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            waits[i] = source.Task;
        }

        return Task.WhenAll(waits);
    }

    /// <summary>Tells those who wait.</summary>
    public void Settle(IReadOnlyList<SettledAppend> settled)
    {
        foreach (var append in settled)
        {
            if (_waiting.Remove(append.Ticket, out var source))
            {
                source.SetResult(append);
            }
        }
    }
}
