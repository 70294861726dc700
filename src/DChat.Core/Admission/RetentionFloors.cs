using System.Collections.Immutable;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;

namespace DChat.Core.Admission;

/// <summary>The floor of each retention class: nothing below it is admitted any more. Floors only rise. Immutable.</summary>
internal sealed class RetentionFloors
{
    private readonly ImmutableArray<HybridTimestamp> _floors;

    private RetentionFloors(ImmutableArray<HybridTimestamp> floors) => _floors = floors;

    public static RetentionFloors None { get; } = new([.. new HybridTimestamp[(int)RetentionClass.Permanent + 1]]);

    public HybridTimestamp Of(RetentionClass retention) => _floors[(int)retention];

    /// <summary>These, with one raised; the same when it is that high already.</summary>
    public RetentionFloors Raise(RetentionClass retention, HybridTimestamp floor) =>
        floor > Of(retention) ? new RetentionFloors(_floors.SetItem((int)retention, floor)) : this;
}
