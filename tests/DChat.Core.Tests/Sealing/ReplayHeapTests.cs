using System.Buffers.Binary;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Sealing;

namespace DChat.Core.Tests.Sealing;

/// <summary>What replay windows really take. The heap is that of the process, so no other test may run beside it.</summary>
[CollectionDefinition(nameof(ReplayHeapTests), DisableParallelization = true)]
[Collection(nameof(ReplayHeapTests))]
public sealed class ReplayHeapTests
{
    [Fact]
    public void What_is_counted_is_what_the_heap_holds()
    {
        const int Authors = 10_000;
        var memory = new ReplayMemory();
        using var window = new ReplayWindow(memory);
        Span<byte> bytes = stackalloc byte[32];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var author = 0; author < Authors; author++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, author + 1);
            window.Observe(new AuthorKey(new Bytes32(bytes)), 0, 1, new MessageId(new Bytes32(bytes)), out _);
        }

        var held = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(held, memory.Bytes / 2, 2 * memory.Bytes);
        GC.KeepAlive(window);
    }
}
