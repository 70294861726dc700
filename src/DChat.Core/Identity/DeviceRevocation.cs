using System.Buffers.Binary;
using System.Security.Cryptography;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Identity;

/// <summary>
/// That a device is revoked, and what it wrote before. Members of a topic can tell what is said of an author key of theirs; nobody
/// else can, so that relays cannot link a device's author keys through its revocation. Immutable.
/// </summary>
public sealed class DeviceRevocation
{
    /// <summary>The length of <see cref="Salt"/> in bytes.</summary>
    public const int SaltLength = 16;

    private const int MaskOffset = Bytes32.Length - sizeof(ulong);
    private const int Step = 16;

    private readonly Bytes32[] _cutoffs;

    private DeviceRevocation(DeviceKey device, byte[] salt, Bytes32[] cutoffs)
    {
        Device = device;
        Salt = salt;
        _cutoffs = cutoffs;
    }

    /// <summary>The device.</summary>
    public DeviceKey Device { get; }

    /// <summary>16 random bytes that keep this revocation's cutoffs apart from all others'.</summary>
    public ReadOnlyMemory<byte> Salt { get; }

    /// <summary>The cutoffs as they travel, ascending; some stand for nothing.</summary>
    internal IReadOnlyList<Bytes32> Cutoffs => _cutoffs;

    /// <summary>Makes a revocation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cutoffs">What it wrote before, at most <see cref="DeviceLogLimits.MaxCutoffs"/>, each author key once. What is not named is not valid.</param>
    /// <exception cref="ArgumentException">There are too many cutoffs, or an author key is named twice.</exception>
    public static DeviceRevocation Create(DeviceKey device, IReadOnlyCollection<AuthorCutoff> cutoffs)
    {
        ArgumentNullException.ThrowIfNull(cutoffs);
        if (cutoffs.Count > DeviceLogLimits.MaxCutoffs || cutoffs.DistinctBy(cutoff => (cutoff.Topic.Tag, cutoff.KeyGeneration, cutoff.Author)).Count() < cutoffs.Count)
        {
            throw new ArgumentException($"A revocation names at most {DeviceLogLimits.MaxCutoffs} author keys, each once; got {cutoffs.Count}.", nameof(cutoffs));
        }

        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        List<Bytes32> all = [.. cutoffs.Select(cutoff => Mask(Stream(salt, cutoff.Topic, cutoff.KeyGeneration, cutoff.Author), cutoff.LastSequence))];
        while (all.Count % Step != 0)
        {
            all.Add(new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Length)));
        }

        all.Sort();
        return new DeviceRevocation(device, salt, [.. all]);
    }

    /// <summary>The last valid sequence of an author key of the device.</summary>
    /// <returns>Null when the revocation does not name the author key.</returns>
    public ulong? LastSequence(Topic topic, uint keyGeneration, AuthorKey author)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var stream = Stream(Salt.Span, topic, keyGeneration, author);
        var at = Array.BinarySearch(_cutoffs, Mask(stream, 0, clear: true));
        at = at < 0 ? ~at : at;
        if (at == _cutoffs.Length)
        {
            return null;
        }

        Span<byte> cutoff = stackalloc byte[Bytes32.Length];
        _cutoffs[at].CopyTo(cutoff);
        return cutoff[..MaskOffset].SequenceEqual(stream.AsSpan(0, MaskOffset))
            ? BinaryPrimitives.ReadUInt64BigEndian(cutoff[MaskOffset..]) ^ BinaryPrimitives.ReadUInt64BigEndian(stream.AsSpan(MaskOffset))
            : null;
    }

    /// <summary>Reads a revocation as it travels.</summary>
    /// <returns>Null when a part is too long, or the cutoffs are not ascending.</returns>
    internal static DeviceRevocation? TryRead(ReadOnlySpan<byte> device, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> cutoffs)
    {
        if (device.Length != Bytes32.Length || salt.Length != SaltLength
            || cutoffs.Length % Bytes32.Length != 0 || cutoffs.Length > DeviceLogLimits.MaxCutoffs * Bytes32.Length)
        {
            return null;
        }

        var read = new Bytes32[cutoffs.Length / Bytes32.Length];
        for (var i = 0; i < read.Length; i++)
        {
            read[i] = new Bytes32(cutoffs.Slice(i * Bytes32.Length, Bytes32.Length));
            if (i > 0 && read[i - 1].CompareTo(read[i]) >= 0)
            {
                return null;
            }
        }

        return new DeviceRevocation(new DeviceKey(new Bytes32(device)), salt.ToArray(), read);
    }

    private static byte[] Stream(ReadOnlySpan<byte> salt, Topic topic, uint keyGeneration, AuthorKey author)
    {
        Span<byte> context = stackalloc byte[SaltLength + AuthorContext.Length];
        salt.CopyTo(context);
        AuthorContext.Write(context[SaltLength..], topic.Tag, keyGeneration, author);
        var stream = new byte[Bytes32.Length];
        topic.Derive(KeyLabels.RevocationCutoff, context, stream);
        return stream;
    }

    private static Bytes32 Mask(byte[] stream, ulong sequence, bool clear = false)
    {
        var masked = (byte[])stream.Clone();
        var mask = clear ? 0 : BinaryPrimitives.ReadUInt64BigEndian(stream.AsSpan(MaskOffset)) ^ sequence;
        BinaryPrimitives.WriteUInt64BigEndian(masked.AsSpan(MaskOffset), mask);
        return new Bytes32(masked);
    }
}
