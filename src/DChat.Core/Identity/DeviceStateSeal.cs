using System.Buffers.Binary;
using System.Security.Cryptography;
using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Statements;
using NSec.Cryptography;

namespace DChat.Core.Identity;

/// <summary>Seals what a device tells the others of its identity, and opens it. Every seal has a key of its own, so whoever is revoked opens nothing that is sealed later.</summary>
public static class DeviceStateSeal
{
    private const int LengthLength = sizeof(int);
    private const int MinBucket = 1024;
    private const int Bucket = 16 * 1024;
    private static readonly AeadAlgorithm Aead = AeadAlgorithm.XChaCha20Poly1305;

    /// <summary>The longest content in bytes.</summary>
    public const int MaxContentLength = SealedDeviceState.MaxContentLength - LengthLength;

    /// <summary>Seals and signs a content.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">The device that writes.</param>
    /// <param name="identity">Its identity.</param>
    /// <param name="hlc">When: later than what it replaces.</param>
    /// <param name="recipients">Who may open it, 1 to <see cref="DeviceLogLimits.MaxDevices"/>.</param>
    /// <param name="content">At most <see cref="MaxContentLength"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too few or too many recipients, or the content is too long.</exception>
    public static Signed<SealedDeviceState> Seal(
        string network, DeviceSecret device, IdentityId identity, HybridTimestamp hlc, IReadOnlyCollection<BoxKey> recipients, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentOutOfRangeException.ThrowIfZero(recipients.Count, nameof(recipients));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recipients.Count, DeviceLogLimits.MaxDevices, nameof(recipients));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContentLength, nameof(content));
        using var ephemeral = Key.Create(KeyAgreementAlgorithm.X25519);
        using var key = Key.Create(Aead, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        var ephemeralKey = new Bytes32(ephemeral.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        var nonce = RandomNumberGenerator.GetBytes(SealedDeviceState.NonceLength);
        var padded = Pad(content);
        var ciphertext = Aead.Encrypt(key, nonce, Associated(identity, device.PublicKey, hlc, ephemeralKey), padded);
        CryptographicOperations.ZeroMemory(padded);

        var exported = key.Export(KeyBlobFormat.RawSymmetricKey);
        List<ReadOnlyMemory<byte>> sealedKeys = [.. recipients.Select(box => SealKey(exported, ephemeral, ephemeralKey, identity, box)).OfType<byte[]>()];
        CryptographicOperations.ZeroMemory(exported);
        return device.Sign(network, new SealedDeviceState
        {
            Identity = identity,
            Device = device.PublicKey,
            Hlc = hlc,
            EphemeralKey = ephemeralKey,
            SealedKeys = sealedKeys,
            Nonce = nonce,
            Ciphertext = ciphertext,
        });
    }

    /// <summary>Opens a state.</summary>
    /// <param name="device">The device that reads.</param>
    /// <param name="state">The state.</param>
    /// <returns>The content; null when it is not sealed to the device, or is damaged.</returns>
    public static byte[]? TryOpen(DeviceSecret device, SealedDeviceState state)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(state);
        using var own = device.DeriveBoxKey();
        using var wrapping = Agree(own, state.EphemeralKey, state.Identity, state.EphemeralKey, device.Box);
        if (wrapping is null)
        {
            return null;
        }

        foreach (var sealedKey in state.SealedKeys)
        {
            if (Aead.Decrypt(wrapping, new byte[SealedDeviceState.NonceLength], [], sealedKey.Span) is { } raw)
            {
                using var key = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
                CryptographicOperations.ZeroMemory(raw);
                return Unpad(Aead.Decrypt(key, state.Nonce.Span, Associated(state.Identity, state.Device, state.Hlc, state.EphemeralKey), state.Ciphertext.Span));
            }
        }

        return null;
    }

    // A box key that is no point of the curve is a device's own fault: it gets no key.
    private static byte[]? SealKey(ReadOnlySpan<byte> key, Key ephemeral, Bytes32 ephemeralKey, IdentityId identity, BoxKey box)
    {
        using var wrapping = Agree(ephemeral, box.Value, identity, ephemeralKey, box);
        return wrapping is null ? null : Aead.Encrypt(wrapping, new byte[SealedDeviceState.NonceLength], [], key);
    }

    private static Key? Agree(Key own, Bytes32 other, IdentityId identity, Bytes32 ephemeralKey, BoxKey box)
    {
        using var secret = PublicKey.TryImport(KeyAgreementAlgorithm.X25519, other.ToArray(), KeyBlobFormat.RawPublicKey, out var publicKey)
            ? KeyAgreementAlgorithm.X25519.Agree(own, publicKey!)
            : null;
        byte[] info = [.. KeyLabels.DeviceBox, .. identity.Value.ToArray(), .. ephemeralKey.ToArray(), .. box.Value.ToArray()];
        return secret is null ? null : KeyDerivationAlgorithm.HkdfSha256.DeriveKey(secret, [], info, Aead);
    }

    private static byte[] Associated(IdentityId identity, DeviceKey device, HybridTimestamp hlc, Bytes32 ephemeralKey)
    {
        var time = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(time, hlc.Value);
        return [.. identity.Value.ToArray(), .. device.Value.ToArray(), .. time, .. ephemeralKey.ToArray()];
    }

    private static byte[] Pad(ReadOnlySpan<byte> content)
    {
        var least = LengthLength + content.Length;
        var bucket = MinBucket;
        while (bucket < least)
        {
            bucket = bucket < Bucket ? bucket * 2 : bucket + Bucket;
        }

        var padded = new byte[bucket];
        BinaryPrimitives.WriteInt32BigEndian(padded, content.Length);
        content.CopyTo(padded.AsSpan(LengthLength));
        return padded;
    }

    private static byte[]? Unpad(byte[]? padded) =>
        padded?.Length >= LengthLength && BinaryPrimitives.ReadInt32BigEndian(padded) is >= 0 and var length && length <= padded.Length - LengthLength
            ? padded[LengthLength..(LengthLength + length)]
            : null;
}
