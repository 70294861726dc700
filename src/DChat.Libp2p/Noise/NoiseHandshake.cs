namespace DChat.Libp2p.Noise;

/// <summary>
/// The three messages of Noise XX (noiseprotocol.org §7.5) without any I/O:
/// <code>
///   → e
///   ← e, ee, s, es
///   → s, se
/// </code>
/// Call write and read in that order; each throws when the message cannot be right.
/// </summary>
/// <param name="isInitiator">Whether this side dialed.</param>
/// <param name="staticKey">The key of this side, which stays the caller's.</param>
/// <param name="newEphemeral">Makes the key of this handshake, when it is first sent: whoever dials and says nothing costs no key.</param>
internal sealed class NoiseHandshake(bool isInitiator, NoiseKeyPair staticKey, Func<NoiseKeyPair> newEphemeral) : IDisposable
{
    private const int Dh = NoiseKeyPair.Length;
    private const int EncryptedKey = Dh + NoiseCipher.TagLength;
    private readonly NoiseSymmetricState _state = new();
    private readonly byte[] _remoteEphemeral = new byte[Dh];
    private readonly byte[] _remoteStatic = new byte[Dh];
    private NoiseKeyPair? _ephemeral;

    internal NoiseHandshake(bool isInitiator, NoiseKeyPair staticKey, NoiseKeyPair ephemeralKey)
        : this(isInitiator, staticKey, () => ephemeralKey)
    {
    }

    /// <summary>The handshake hash, for channel binding and for tests.</summary>
    internal ReadOnlySpan<byte> Hash => _state.Hash;

    /// <summary>The other side's static key; known after message two or three.</summary>
    internal ReadOnlySpan<byte> RemoteStatic => _remoteStatic;

    /// <summary>→ e</summary>
    internal byte[] WriteFirst(ReadOnlySpan<byte> payload)
    {
        var message = new byte[Dh + payload.Length];
        WriteEphemeral(message);
        _state.EncryptAndHash(payload, message.AsSpan(Dh));
        return message;
    }

    /// <summary>Reads → e and returns its payload, which nobody encrypted.</summary>
    internal byte[] ReadFirst(ReadOnlySpan<byte> message)
    {
        ReadEphemeral(message);
        return Decrypt(message[Dh..]);
    }

    /// <summary>← e, ee, s, es</summary>
    internal byte[] WriteSecond(ReadOnlySpan<byte> payload)
    {
        var message = new byte[Dh + EncryptedKey + payload.Length + NoiseCipher.TagLength];
        WriteEphemeral(message);
        Mix(_ephemeral!, _remoteEphemeral);
        _state.EncryptAndHash(staticKey.PublicKey, message.AsSpan(Dh));
        Mix(staticKey, _remoteEphemeral);
        _state.EncryptAndHash(payload, message.AsSpan(Dh + EncryptedKey));
        return message;
    }

    /// <summary>Reads ← e, ee, s, es and returns its payload.</summary>
    internal byte[] ReadSecond(ReadOnlySpan<byte> message)
    {
        ReadEphemeral(message);
        Mix(_ephemeral!, _remoteEphemeral);
        ReadStatic(message[Dh..]);
        Mix(_ephemeral!, _remoteStatic);
        return Decrypt(message[(Dh + EncryptedKey)..]);
    }

    /// <summary>→ s, se</summary>
    internal byte[] WriteThird(ReadOnlySpan<byte> payload)
    {
        var message = new byte[EncryptedKey + payload.Length + NoiseCipher.TagLength];
        _state.EncryptAndHash(staticKey.PublicKey, message);
        Mix(staticKey, _remoteEphemeral);
        _state.EncryptAndHash(payload, message.AsSpan(EncryptedKey));
        return message;
    }

    /// <summary>Reads → s, se and returns its payload.</summary>
    internal byte[] ReadThird(ReadOnlySpan<byte> message)
    {
        ReadStatic(message);
        Mix(_ephemeral!, _remoteStatic);
        return Decrypt(message[EncryptedKey..]);
    }

    /// <summary>The transport keys, after the third message.</summary>
    internal void Split(Span<byte> sendKey, Span<byte> receiveKey)
    {
        if (isInitiator)
        {
            _state.Split(sendKey, receiveKey);
        }
        else
        {
            _state.Split(receiveKey, sendKey);
        }
    }

    public void Dispose()
    {
        _state.Dispose();
        _ephemeral?.Dispose();
    }

    private static Libp2pException Failed(string message) => new(Libp2pErrorCodes.HandshakeFailed, message);

    private void WriteEphemeral(Span<byte> message)
    {
        _ephemeral = newEphemeral();
        _ephemeral.PublicKey.CopyTo(message);
        _state.MixHash(_ephemeral.PublicKey);
    }

    private void ReadEphemeral(ReadOnlySpan<byte> message)
    {
        if (message.Length < Dh)
        {
            throw Failed("A handshake message is too short.");
        }

        message[..Dh].CopyTo(_remoteEphemeral);
        _state.MixHash(_remoteEphemeral);
    }

    private void ReadStatic(ReadOnlySpan<byte> message)
    {
        if (message.Length < EncryptedKey)
        {
            throw Failed("A handshake message is too short.");
        }

        if (!_state.TryDecryptAndHash(message[..EncryptedKey], _remoteStatic))
        {
            throw Failed("The static key of a handshake message does not decrypt.");
        }
    }

    private byte[] Decrypt(ReadOnlySpan<byte> ciphertext)
    {
        var payload = new byte[Math.Max(0, ciphertext.Length - _state.TagLength)];
        return _state.TryDecryptAndHash(ciphertext, payload) ? payload : throw Failed("The payload of a handshake message does not decrypt.");
    }

    private void Mix(NoiseKeyPair key, ReadOnlySpan<byte> publicKey)
    {
        if (!key.TryMix(_state, publicKey))
        {
            throw Failed("The peer sent a key of low order.");
        }
    }
}
