using DChat.Core.Reconciliation;
using DChat.Core.Segments;

namespace DChat.Storage.Segments;

/// <summary>
/// The leaves of a segment as items to be reconciled. Whoever reads them goes forward or stays near, so the block that was read last is kept.
/// </summary>
internal sealed class LeafItems(BlockTable leaves) : ISetItems
{
    // Any thread may replace it: what a reader holds stays whole.
    private volatile Kept? _last;

    /// <exception cref="Core.DChatException">The block is damaged or cannot be read.</exception>
    public SetItem ItemOf(uint number)
    {
        var place = (int)number;
        var last = _last;
        if (last is null || place < last.Rows.First || place >= last.Rows.End)
        {
            _last = last = new Kept(leaves.Block(place / BlockTable.BlockRows));
        }

        var leaf = last.Rows[place];
        return new SetItem(SegmentLeaf.HlcOf(leaf).Value, SegmentLeaf.IdOf(leaf).Value);
    }

    private sealed record Kept(BlockTable.Rows Rows);
}
