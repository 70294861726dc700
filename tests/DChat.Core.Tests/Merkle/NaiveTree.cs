using System.Security.Cryptography;

namespace DChat.Core.Tests.Merkle;

/// <summary>
/// RFC 6962, section 2.1, as it is defined: recursive, and with nothing of the code that is tested. Remembers the hashes of
/// subtrees, so that many trees over the same leaves are checked in reasonable time.
/// </summary>
internal sealed class NaiveTree(IReadOnlyList<byte[]> leaves)
{
    private readonly Dictionary<(int Start, int End), byte[]> _hashes = [];

    /// <summary>MTH over the first leaves.</summary>
    public Bytes32 Root(int size) => new(Hash(0, size));

    /// <summary>PATH of section 2.1.1.</summary>
    public List<Bytes32> Path(int index, int size) => Path(index, 0, size);

    /// <summary>PROOF of section 2.1.2.</summary>
    public List<Bytes32> Proof(int oldSize, int newSize) => Subproof(oldSize, 0, newSize, isComplete: true);

    private byte[] Hash(int start, int end)
    {
        if (!_hashes.TryGetValue((start, end), out var hash))
        {
            hash = (end - start) switch
            {
                0 => SHA256.HashData([]),
                1 => SHA256.HashData([0, .. leaves[start]]),
                _ => SHA256.HashData([1, .. Hash(start, start + Split(end - start)), .. Hash(start + Split(end - start), end)]),
            };
            _hashes[(start, end)] = hash;
        }

        return hash;
    }

    private List<Bytes32> Path(int index, int start, int end)
    {
        if (end - start == 1)
        {
            return [];
        }

        var middle = start + Split(end - start);
        return index < middle
            ? [.. Path(index, start, middle), new Bytes32(Hash(middle, end))]
            : [.. Path(index, middle, end), new Bytes32(Hash(start, middle))];
    }

    private List<Bytes32> Subproof(int oldEnd, int start, int end, bool isComplete)
    {
        if (oldEnd == end)
        {
            return isComplete ? [] : [new Bytes32(Hash(start, end))];
        }

        var middle = start + Split(end - start);
        return oldEnd <= middle
            ? [.. Subproof(oldEnd, start, middle, isComplete), new Bytes32(Hash(middle, end))]
            : [.. Subproof(oldEnd, middle, end, isComplete: false), new Bytes32(Hash(start, middle))];
    }

    /// <summary>The largest power of two that is less than a count.</summary>
    private static int Split(int count)
    {
        var split = 1;
        while (split * 2 < count)
        {
            split *= 2;
        }

        return split;
    }
}
