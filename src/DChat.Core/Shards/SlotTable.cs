namespace DChat.Core.Shards;

/// <summary>
/// An open-addressing hash table from 32-bit hashes to numbers from 1, for one writer and many readers. A slot costs four
/// bytes for the number and one for a tag of the hash, so that a miss seldom looks at a key. The table is split by the top
/// bits of the hash: each part grows by itself, so no append ever waits for a whole table to be rehashed.
/// </summary>
/// <param name="hashOf">The hash of the key behind a number; asked when a part grows.</param>
internal sealed class SlotTable(Func<uint, uint> hashOf)
{
    private const int Parts = 256;
    private const int FirstCapacity = 8;
    private readonly Func<uint, uint> _hashOf = hashOf;
    private Part?[] _parts = [];
    private int _firstCapacity = FirstCapacity;

    /// <summary>The bytes the table occupies, object and array headers included.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Makes parts large enough from the first for so many numbers. Before the first is added.</summary>
    public void Reserve(int count)
    {
        // Hashes do not spread evenly: four standard deviations above the mean, so that hardly a part grows all the same.
        var mean = count / (double)Parts;
        var expected = (uint)Math.Ceiling((mean + (4 * Math.Sqrt(mean))) * 4 / 3);
        _firstCapacity = (int)Math.Max(FirstCapacity, System.Numerics.BitOperations.RoundUpToPowerOf2(expected));
    }

    /// <summary>The number whose hash and key match, or 0.</summary>
    public uint Find<TMatch>(uint hash, TMatch match)
        where TMatch : struct, ISlotMatch
    {
        var parts = Volatile.Read(ref _parts);
        var part = parts.Length == 0 ? null : Volatile.Read(ref parts[hash >> 24]);
        if (part is null)
        {
            return 0;
        }

        var wanted = Part.TagOf(hash);
        for (var at = hash & part.Mask; ; at = (at + 1) & part.Mask)
        {
            var tag = Volatile.Read(ref part.Tags[at]);
            if (tag == 0)
            {
                return 0;
            }

            if (tag == wanted && match.Matches(part.Numbers[at]))
            {
                return part.Numbers[at];
            }
        }
    }

    /// <summary>Adds a number that is not in the table; only the writer may.</summary>
    public void Add(uint hash, uint number)
    {
        if (_parts.Length == 0)
        {
            MemoryBytes += MemorySize.OfArray<Part>(Parts);
            Volatile.Write(ref _parts, new Part?[Parts]);
        }

        ref var part = ref _parts[hash >> 24];
        if (part is null || part.IsFull)
        {
            var grown = new Part(part is null ? _firstCapacity : 2 * part.Numbers.Length);
            foreach (var old in part?.Numbers ?? [])
            {
                if (old != 0)
                {
                    grown.Add(_hashOf(old), old);
                }
            }

            MemoryBytes += grown.MemoryBytes - (part?.MemoryBytes ?? 0);
            Volatile.Write(ref part, grown);
        }

        part.Add(hash, number);
    }

    private sealed class Part(int capacity)
    {
        private const int ObjectBytes = 40;
        private int _count;

        public byte[] Tags { get; } = new byte[capacity];

        public uint[] Numbers { get; } = new uint[capacity];

        public uint Mask => (uint)(Tags.Length - 1);

        // Three quarters: linear probing needs free slots, and tags make the longer runs cheap.
        public bool IsFull => 4 * (_count + 1) > 3 * Numbers.Length;

        public long MemoryBytes => ObjectBytes + MemorySize.OfArray<byte>(Tags.Length) + MemorySize.OfArray<uint>(Numbers.Length);

        // The tag is made of hash bits that do not choose the part, and do not choose the slot while a part has fewer than 65,536.
        // Zero means an empty slot.
        public static byte TagOf(uint hash) => (byte)Math.Max(1u, (hash >> 16) & 0xFF);

        public void Add(uint hash, uint number)
        {
            var at = hash & Mask;
            while (Tags[at] != 0)
            {
                at = (at + 1) & Mask;
            }

            Numbers[at] = number;
            Volatile.Write(ref Tags[at], TagOf(hash));
            _count++;
        }
    }
}

/// <summary>Compares the key looked for with the key behind a number.</summary>
internal interface ISlotMatch
{
    /// <summary>Whether the key behind <paramref name="number"/> is the one looked for.</summary>
    bool Matches(uint number);
}
