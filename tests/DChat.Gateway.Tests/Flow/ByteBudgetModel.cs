using DChat.Abstractions.Flow;
using DChat.Core.Admission;

namespace DChat.Gateway.Tests.Flow;

/// <summary>Drives a budget and knows from outside what it must hold.</summary>
internal sealed class ByteBudgetModel(long capacity, long share)
{
    private readonly ByteBudget _budget = new(capacity, share);
    private readonly List<(NetworkPrefix Prefix, long Bytes, Task<ByteBudget.Reading> Room)> _readings = [];
    private readonly List<(NetworkPrefix Prefix, long Bytes)> _kept = [];

    /// <summary>Asks for room, or ends, keeps or releases the oldest of a network.</summary>
    public void Do(NetworkPrefix prefix, int action, int bytes)
    {
        var at = _readings.FindIndex(one => one.Prefix == prefix && one.Room.IsCompleted);
        if (action < 3 || (action < 5 && at < 0))
        {
            _readings.Add((prefix, bytes, _budget.AcquireToReadAsync(bytes, CancellationToken.None, prefix).AsTask()));
        }
        else if (action == 3)
        {
            _readings[at].Room.Result.Dispose();
            _readings.RemoveAt(at);
        }
        else if (action == 4)
        {
            if (_readings[at].Room.Result.TryKeep())
            {
                _kept.Add((prefix, _readings[at].Bytes));
            }

            _readings.RemoveAt(at);
        }
        else if (_kept.FindIndex(one => one.Prefix == prefix) is var kept and >= 0)
        {
            _budget.Release(_kept[kept].Bytes, prefix);
            _kept.RemoveAt(kept);
        }

        Check();
    }

    /// <summary>Gives everything back: whoever still waits must be served then.</summary>
    public void End()
    {
        foreach (var (prefix, bytes) in _kept)
        {
            _budget.Release(bytes, prefix);
        }

        for (var served = _readings.Count; served > 0; served--)
        {
            var at = _readings.FindIndex(one => one.Room.IsCompleted);
            Assert.True(at >= 0, "Everybody waits, and nobody holds anything.");
            _readings[at].Room.Result.Dispose();
            _readings.RemoveAt(at);
        }

        Assert.Equal(0, _budget.Held);
    }

    private void Check()
    {
        var held = _readings.Where(one => one.Room.IsCompleted && !one.Room.Result.Reclaimed.IsCancellationRequested)
            .Select(one => (one.Prefix, one.Bytes)).Concat(_kept).ToArray();
        Assert.Equal(held.Sum(one => one.Bytes), _budget.Held);
        Assert.InRange(_budget.Held, 0, capacity);
        Assert.All(held.GroupBy(one => one.Prefix), one => Assert.InRange(one.Sum(part => part.Bytes), 0, share));
    }
}
