namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Tests that look at the heap, which is that of the process: no other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class HeapTests
{
    public const string Name = nameof(HeapTests);
}
