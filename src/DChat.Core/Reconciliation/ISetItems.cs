namespace DChat.Core.Reconciliation;

/// <summary>
/// Where the items of an index are kept: in a list of its own (<see cref="SetItemList"/>), in what its owner remembers of each
/// message anyway, in the leaves of a mapped file. Read by any thread; a number always means the same item.
/// </summary>
public interface ISetItems
{
    /// <summary>The item of a number, which the index was told.</summary>
    SetItem ItemOf(uint number);
}
