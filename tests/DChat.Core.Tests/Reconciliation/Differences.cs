using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>What an initiator found. None may be reported twice.</summary>
internal sealed class Differences : IDifferences
{
    public HashSet<SetItem> Haves { get; } = [];

    public HashSet<Bytes32> Needs { get; } = [];

    public void Have(SetItem item) => Assert.True(Haves.Add(item));

    public void Need(Bytes32 id) => Assert.True(Needs.Add(id));
}
