using DChat.Core.Clocks;
using DChat.Core.Envelopes;

namespace DChat.Core.Admission;

/// <summary>The floor of each retention class: nothing below it is admitted any more. Floors only rise. Thread-safe.</summary>
internal sealed class RetentionFloors
{
    private readonly ulong[] _floors = new ulong[(int)RetentionClass.Permanent + 1];

    public HybridTimestamp Of(RetentionClass retention) => new(Volatile.Read(ref _floors[(int)retention]));

    public void Raise(RetentionClass retention, HybridTimestamp floor)
    {
        ref var current = ref _floors[(int)retention];
        var seen = Volatile.Read(ref current);
        while (floor.Value > seen)
        {
            var before = Interlocked.CompareExchange(ref current, floor.Value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
