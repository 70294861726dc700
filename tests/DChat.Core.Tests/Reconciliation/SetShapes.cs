using System.Security.Cryptography;
using System.Text;
using CsCheck;
using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>Pairs of sets of all shapes that are known to be hard for one algorithm or another.</summary>
internal static class SetShapes
{
    private static readonly int[] Sizes = [0, 1, 2, 31, 32, 33, 64, 65, 100, 300, 1_000, 3_000];

    /// <summary>Two sets that share some of their items.</summary>
    public static readonly Gen<(SetItem[] Left, SetItem[] Right)> Pairs =
        Gen.Select(Gen.Int, Gen.OneOf([.. Sizes.Select(Gen.Const)]), Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 5]).Select(Pair);

    /// <summary>One set.</summary>
    public static readonly Gen<SetItem[]> Sets = Pairs.Select(pair => pair.Left);

    public static SetItem Numbered(int number, ulong timestamp) => new(timestamp, Id(number));

    public static Bytes32 Id(int number) => new(SHA256.HashData(Encoding.ASCII.GetBytes($"{number}")));

    /// <summary>A snapshot with these items, which were added in some other order.</summary>
    public static SetSnapshot Snapshot(IEnumerable<SetItem> items, int seed = 1)
    {
        var list = new SetItemList();
        var index = new SetIndex(list);
        var shuffled = items.ToArray();
        new Random(seed).Shuffle(shuffled);
        foreach (var item in shuffled)
        {
            Assert.True(index.Add(list.Add(item)));
        }

        return index.Snapshot();
    }

    private static (SetItem[] Left, SetItem[] Right) Pair(int seed, int size, int timestamps, int ids, int sharing)
    {
        var random = new Random(seed);
        HashSet<SetItem> left = [], right = [];
        var side = 0;
        for (var i = 0; i < size; i++)
        {
            var item = new SetItem(Timestamp(random, timestamps, i), RandomId(random, ids));
            side = sharing switch
            {
                0 => 0, // the same
                1 => random.Next(100) == 0 ? random.Next(1, 3) : 0, // few differences
                2 => random.Next(3), // many
                3 => i % 50 == 0 ? Math.Max(0, random.Next(-5, 3)) : side, // in bursts
                4 => i < size * 9 / 10 ? 0 : 1, // one is behind
                _ => random.Next(1, 3), // nothing in common
            };
            _ = side != 2 && left.Add(item);
            _ = side != 1 && right.Add(item);
        }

        return ([.. left], [.. right]);
    }

    private static ulong Timestamp(Random random, int kind, int number) => kind switch
    {
        0 => 7, // all at once
        1 => (ulong)number,
        2 => (ulong)random.Next(5),
        3 => 1_772_366_400_000UL << 16 | (ulong)random.NextInt64(1L << 40),
        _ => random.Next(4) == 0 ? ulong.MaxValue - 1 - (ulong)random.Next(3) : (ulong)random.NextInt64(), // at the end of time
    };

    private static Bytes32 RandomId(Random random, int kind)
    {
        var bytes = new byte[Bytes32.Length];
        random.NextBytes(bytes);
        switch (kind)
        {
            case 1: // long common prefixes
                bytes.AsSpan(0, 29).Clear();
                break;
            case 2: // zeros at the end, where short bounds end
                bytes.AsSpan(random.Next(3, 32)).Clear();
                break;
            case 3: // sums that carry all the way
                bytes.AsSpan(0, 24).Fill(0xFF);
                break;
        }

        return new Bytes32(bytes);
    }
}
