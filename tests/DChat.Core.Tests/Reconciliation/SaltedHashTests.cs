using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using static DChat.Core.Tests.Shards.IndexEntries;

namespace DChat.Core.Tests.Reconciliation;

public sealed class SaltedHashTests
{
    [Fact]
    public void Ids_ground_to_collide_under_one_salt_spread_under_another()
    {
        var known = new SaltedHash(1);
        var ground = Enumerable.Range(0, 1_000_000).Select(i => Id((ulong)i)).Where(id => known.Of(id) >> 20 == 5).ToList();
        Assert.InRange(ground.Count, 150, 350);

        var drawn = new SaltedHash(2);
        var fullest = ground.GroupBy(id => drawn.Of(id) >> 20).Max(group => group.Count());
        Assert.InRange(fullest, 1, 5);
    }

    [Fact]
    public void Each_bit_of_an_id_changes_the_hash()
    {
        var hash = new SaltedHash(42);
        var hashes = new HashSet<uint> { hash.Of(default(MessageId)) };
        var bytes = new byte[MessageId.Length];
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] = (byte)(1 << (bit % 8));
            Assert.True(hashes.Add(hash.Of(new MessageId(new Bytes32(bytes)))));
            bytes[bit / 8] = 0;
        }
    }
}
