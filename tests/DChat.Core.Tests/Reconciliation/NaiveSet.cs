using System.Numerics;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>A sorted array and sums over all of a range.</summary>
internal sealed class NaiveSet(IEnumerable<SetItem> items)
{
    private readonly SetItem[] _items = [.. items.OrderBy(item => item)];

    public IReadOnlyList<SetItem> Items => _items;

    public int LowerBound(SetItem bound) => _items.Count(item => item.CompareTo(bound) < 0);

    public byte[] Sum(int start, int end)
    {
        var sum = _items[start..end].Aggregate(BigInteger.Zero, (total, item) => total + new BigInteger(item.Id.ToArray(), isUnsigned: true));
        var bytes = new byte[33];
        (sum % BigInteger.Pow(2, 256)).TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes[..32];
    }

    /// <summary>Asserts that a set has the same items and tells the same of them.</summary>
    public void AssertSame(ISortedSet set, Random random)
    {
        Assert.Equal(_items.Length, set.Count);
        var copy = new SetItem[_items.Length];
        set.CopyTo(0, copy);
        Assert.Equal(_items, copy);
        for (var i = 0; i < 12; i++)
        {
            var (from, to) = (random.Next(_items.Length + 1), random.Next(_items.Length + 1));
            (from, to) = (Math.Min(from, to), Math.Max(from, to));
            Assert.Equal(Sum(from, to), Bytes(set.SumOf(from, to)));
            var part = new SetItem[Math.Min(to - from, 70)];
            set.CopyTo(from, part);
            Assert.Equal(_items.Skip(from).Take(part.Length), part);
            var bound = Bound(random);
            Assert.Equal(LowerBound(bound), set.LowerBound(bound));
        }

        Assert.Equal(_items.Length, set.LowerBound(SetBound.Infinity.Item));
        Assert.ThrowsAny<ArgumentException>(() => set.SumOf(0, _items.Length + 1));
        Assert.ThrowsAny<ArgumentException>(() => set.SumOf(1, 0));
        Assert.ThrowsAny<ArgumentException>(() => set.CopyTo(_items.Length, new SetItem[1]));
    }

    private SetItem Bound(Random random)
    {
        if (_items.Length == 0 || random.Next(4) == 0)
        {
            return new SetItem((ulong)random.Next(10), default);
        }

        var item = _items[random.Next(_items.Length)];
        return random.Next(3) switch { 0 => item, 1 => new SetItem(item.Timestamp, default), _ => new SetItem(item.Timestamp + 1, default) };
    }

    private static byte[] Bytes(IdSum sum)
    {
        var bytes = new byte[32];
        sum.CopyTo(bytes);
        return bytes;
    }
}
