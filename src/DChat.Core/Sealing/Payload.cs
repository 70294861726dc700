using System.Buffers.Binary;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Core.Sealing;

/// <summary>
/// The plaintext of an envelope, big-endian:
/// <code>
/// offset  0  device key            32
///        32  author certificate    64   signature of the device key, see <see cref="AuthorCertificate"/>
///        96  composed at            8   signed Unix milliseconds
///       104  content length         4
///       108  content
///            zeros up to the smallest bucket that holds all this
/// </code>
/// </summary>
internal readonly ref struct Payload
{
    /// <summary>Bytes before the content.</summary>
    public const int HeaderLength = LengthOffset + sizeof(uint);

    /// <summary>The largest bucket: with the longest network name and permit, the envelope is still within its limit.</summary>
    public const int MaxBucket = 61_056;

    /// <summary>The longest content.</summary>
    public const int MaxContentLength = MaxBucket - HeaderLength;

    private const int CertificateOffset = Bytes32.Length;
    private const int ComposedAtOffset = CertificateOffset + LabelledSignature.Length;
    private const int LengthOffset = ComposedAtOffset + sizeof(long);

    private static readonly long MinUnixMilliseconds = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxUnixMilliseconds = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    // Each size is twice the one before: the fewer sizes, the less the length of a ciphertext tells about its content.
    private static ReadOnlySpan<int> Buckets => [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, MaxBucket];

    public DeviceKey DeviceKey { get; private init; }

    public ReadOnlySpan<byte> Certificate { get; private init; }

    public DateTimeOffset ComposedAt { get; private init; }

    public ReadOnlySpan<byte> Content { get; private init; }

    /// <summary>The length of the plaintext that holds a content of at most <see cref="MaxContentLength"/> bytes.</summary>
    public static int BucketFor(int contentLength)
    {
        var i = 0;
        while (Buckets[i] - HeaderLength < contentLength)
        {
            i++;
        }

        return Buckets[i];
    }

    /// <summary>Fills all of <paramref name="plaintext"/>, which is as long as <see cref="BucketFor"/> says.</summary>
    public static void Write(
        Span<byte> plaintext, DeviceKey device, ReadOnlySpan<byte> certificate, DateTimeOffset composedAt, ReadOnlySpan<byte> content)
    {
        device.Value.CopyTo(plaintext);
        certificate.CopyTo(plaintext[CertificateOffset..]);
        BinaryPrimitives.WriteInt64BigEndian(plaintext[ComposedAtOffset..], composedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt32BigEndian(plaintext[LengthOffset..], (uint)content.Length);
        content.CopyTo(plaintext[HeaderLength..]);
        plaintext[(HeaderLength + content.Length)..].Clear();
    }

    /// <summary>Reads a plaintext; false unless it is padded exactly as <see cref="Write"/> pads it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> plaintext, out Payload payload)
    {
        payload = default;
        if (plaintext.Length is < HeaderLength or > MaxBucket)
        {
            return false;
        }

        var composedAt = BinaryPrimitives.ReadInt64BigEndian(plaintext[ComposedAtOffset..]);
        var length = BinaryPrimitives.ReadUInt32BigEndian(plaintext[LengthOffset..]);
        if (composedAt < MinUnixMilliseconds
            || composedAt > MaxUnixMilliseconds
            || length > (uint)(plaintext.Length - HeaderLength)
            || plaintext.Length != BucketFor((int)length)
            || plaintext[(HeaderLength + (int)length)..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        payload = new Payload
        {
            DeviceKey = new DeviceKey(new Bytes32(plaintext[..Bytes32.Length])),
            Certificate = plaintext[CertificateOffset..ComposedAtOffset],
            ComposedAt = DateTimeOffset.FromUnixTimeMilliseconds(composedAt),
            Content = plaintext.Slice(HeaderLength, (int)length),
        };
        return true;
    }
}
