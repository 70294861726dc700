using DChat.Core.Keys;
using NSec.Cryptography;

namespace DChat.Core.Sealing;

/// <summary>
/// The derived keys of all openers and sealers of the process, the ones used last. A key takes four memory mappings of the
/// 65,530 that Linux gives a process, and strangers decide how many authors there are: one bound for all, because many
/// small ones add up. To import a key for each message instead takes three times as long as to verify its signature.
/// Thread-safe.
/// </summary>
internal sealed class DerivedKeys(int maxKeys)
{
    /// <summary>The most keys kept in the process; those in use at the moment may come on top.</summary>
    public const int MaxKeys = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<DerivedKeyId, LinkedListNode<DerivedKey>> _keys = [];
    private readonly LinkedList<DerivedKey> _byRecency = [];

    /// <summary>The cache that everything uses.</summary>
    public static DerivedKeys OfProcess { get; } = new(MaxKeys);

    /// <summary>How many keys are kept.</summary>
    public int Count { get { lock (_gate) { return _keys.Count; } } }

    /// <summary>Lends a key that is kept; null when it is not. The caller returns it by <see cref="Return"/>.</summary>
    public DerivedKey? Rent(in DerivedKeyId id)
    {
        lock (_gate)
        {
            if (!_keys.TryGetValue(id, out var node))
            {
                return null;
            }

            _byRecency.Remove(node);
            _byRecency.AddFirst(node);
            node.Value.Users++;
            return node.Value;
        }
    }

    /// <summary>Keeps a key, and forgets the one not used for longest when there are too many.</summary>
    /// <param name="id">What it is.</param>
    /// <param name="key">The key; the cache disposes it.</param>
    /// <param name="origin">Who certified the author, if that was checked.</param>
    /// <returns>The key, lent to the caller: this one, or the one that another thread added meanwhile.</returns>
    public DerivedKey AddAndRent(in DerivedKeyId id, Key key, AuthorOrigin? origin = null)
    {
        lock (_gate)
        {
            if (Rent(id) is { } known)
            {
                key.Dispose();
                return known;
            }

            if (_keys.Count == maxKeys)
            {
                Drop(_byRecency.Last!);
            }

            var added = new DerivedKey(id, key, origin) { Users = 1 };
            _keys[id] = _byRecency.AddFirst(added);
            return added;
        }
    }

    /// <summary>Takes a lent key back. One that was forgotten meanwhile is disposed with its last user.</summary>
    public void Return(DerivedKey key)
    {
        lock (_gate)
        {
            if (--key.Users == 0 && key.IsForgotten)
            {
                key.Key.Dispose();
            }
        }
    }

    /// <summary>Forgets all keys of an owner.</summary>
    public void Forget(object owner)
    {
        lock (_gate)
        {
            for (var node = _byRecency.First; node is not null;)
            {
                var next = node.Next;
                if (ReferenceEquals(node.Value.Id.Owner, owner))
                {
                    Drop(node);
                }

                node = next;
            }
        }
    }

    private void Drop(LinkedListNode<DerivedKey> node)
    {
        _byRecency.Remove(node);
        _keys.Remove(node.Value.Id);
        node.Value.IsForgotten = true;
        if (node.Value.Users == 0)
        {
            node.Value.Key.Dispose();
        }
    }
}

/// <summary>Names a key: whose it is (by reference), of which author and generation, and what for.</summary>
internal readonly record struct DerivedKeyId(object Owner, AuthorKey Author, uint KeyGeneration, DerivedKeyUse Use);

/// <summary>What a derived key does.</summary>
internal enum DerivedKeyUse
{
    Payload,
    Signature,
}

/// <summary>The device that certified an author, and the certificate that was checked.</summary>
internal sealed record AuthorOrigin(DeviceKey Device, byte[] Certificate);

/// <summary>A key of the cache. <see cref="Users"/> and <see cref="IsForgotten"/> belong to the cache and its lock.</summary>
internal sealed class DerivedKey(DerivedKeyId id, Key key, AuthorOrigin? origin)
{
    public DerivedKeyId Id => id;

    public Key Key => key;

    public AuthorOrigin? Origin => origin;

    public int Users { get; set; }

    public bool IsForgotten { get; set; }
}
