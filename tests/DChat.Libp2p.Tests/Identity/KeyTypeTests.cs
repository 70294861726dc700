using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Noise;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Wire;
using NBitcoin.Secp256k1;
using PublicKey = DChat.Libp2p.Identity.PublicKey;

namespace DChat.Libp2p.Tests.Identity;

public sealed class KeyTypeTests
{
    private static readonly BigInteger Secp256k1Order = Number(Convert.FromHexString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));

    public static TheoryData<KeyType> OtherTypes => [KeyType.Rsa, KeyType.Ecdsa, KeyType.Secp256k1];

    [Theory]
    [MemberData(nameof(OtherTypes))]
    public void A_signature_verifies_for_its_key_and_data_only(KeyType type)
    {
        using var signer = Signer.Create(type);
        using var other = Signer.Create(type);
        var signature = signer.Sign("data"u8);

        Assert.True(signer.Key.Verify("data"u8, signature));
        Assert.False(signer.Key.Verify("date"u8, signature));
        Assert.False(other.Key.Verify("data"u8, signature));
        Assert.False(signer.Key.Verify("data"u8, []));
        Assert.False(signer.Key.Verify("data"u8, [.. signature, 0]));
        for (var i = 0; i < signature.Length; i++)
        {
            var bad = (byte[])signature.Clone();
            bad[i] ^= 1;
            Assert.False(signer.Key.Verify("data"u8, bad), $"Byte {i} was changed.");
        }
    }

    [Theory]
    [MemberData(nameof(OtherTypes))]
    public void A_handshake_and_a_peer_record_are_verified(KeyType type)
    {
        using var signer = Signer.Create(type);
        byte[] noise = [1, 2, 3];
        var payload = NoisePayload.Encode(signer.Key, signer.Sign([.. "noise-libp2p-static-key:"u8, .. noise]), []);
        Assert.Equal(signer.Key, NoisePayload.Open(payload, noise).Identity);
        Assert.Equal(Libp2pErrorCodes.BadSignature, Assert.Throws<Libp2pException>(() => NoisePayload.Open(payload, [3, 2, 1])).Code);

        var record = new ProtobufWriter().Bytes(1, signer.Key.Peer.Bytes.Span).Varint(2, 9).ToArray();
        byte[] signed = [18, .. "libp2p-peer-record"u8, 2, 3, 1, (byte)record.Length, .. record];
        var envelope = new ProtobufWriter().Bytes(1, signer.Key.Encode()).Bytes(2, [3, 1]).Bytes(3, record).Bytes(5, signer.Sign(signed)).ToArray();
        Assert.True(PeerRecord.TryOpen(envelope, out var opened));
        Assert.Equal((signer.Key.Peer, 9UL), (opened.Peer, opened.Sequence));
        envelope[^1] ^= 1;
        Assert.False(PeerRecord.TryOpen(envelope, out _));
    }

    [Theory]
    [InlineData(RsaKey.MinBits - 1, 65537, false)]
    [InlineData(RsaKey.MinBits, 65537, true)]
    [InlineData(RsaKey.MaxBits, 65537, true)]
    [InlineData(RsaKey.MaxBits + 1, 65537, false)]
    [InlineData(RsaKey.MinBits, 1, false)]
    [InlineData(RsaKey.MinBits, 3, true)]
    [InlineData(RsaKey.MinBits, 65536, false)]
    [InlineData(RsaKey.MinBits, 0x7fffffff, true)]
    [InlineData(RsaKey.MinBits, 0x80000001, false)]
    [InlineData(RsaKey.MinBits, 0x100000001, false)]
    public void An_rsa_key_has_bounds_of_length_and_exponent(int bits, long exponent, bool isKey)
    {
        var modulus = (BigInteger.One << (bits - 1)) + 1;
        Assert.Equal(isKey, IsKey(KeyType.Rsa, RsaInfo(modulus, exponent)));
        Assert.False(IsKey(KeyType.Rsa, RsaInfo(modulus + 1, exponent)));
        Assert.False(IsKey(KeyType.Rsa, RsaInfo(-modulus, exponent)));
    }

    [Fact]
    public void An_rsa_key_is_encoded_in_one_way()
    {
        using var rsa = RSA.Create(2048);
        var good = rsa.ExportSubjectPublicKeyInfo();
        Assert.True(IsKey(KeyType.Rsa, good));
        Assert.False(IsKey(KeyType.Rsa, [.. good, 0]));
        Assert.False(IsKey(KeyType.Rsa, good[..^1]));
        Assert.False(IsKey(KeyType.Ecdsa, good));
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(IsKey(KeyType.Rsa, ecdsa.ExportSubjectPublicKeyInfo()));
    }

    [Fact]
    public void An_ecdsa_key_is_of_p256_and_a_point_off_the_curve_verifies_nothing()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(IsKey(KeyType.Ecdsa, p384.ExportSubjectPublicKeyInfo()));
        using var signer = Signer.Create(KeyType.Ecdsa);
        var off = signer.Key.Data.ToArray();
        off[^1] ^= 1;
        Assert.True(PublicKey.TryDecode(Encode(KeyType.Ecdsa, off), out var key));
        Assert.False(key.Verify("data"u8, signer.Sign("data"u8)));
    }

    [Fact]
    public void A_secp256k1_key_is_a_compressed_point_of_the_curve()
    {
        using var signer = Signer.Create(KeyType.Secp256k1);
        var good = signer.Key.Data.ToArray();
        Assert.False(IsKey(KeyType.Secp256k1, good[..^1]));
        Assert.False(IsKey(KeyType.Secp256k1, [4, .. good[1..]]));
        Assert.False(IsKey(KeyType.Secp256k1, [2, .. Enumerable.Repeat((byte)0xff, 32)]));
    }

    [Fact]
    public void The_spec_keys_of_secp256k1_belong_together()
    {
        using var key = ECPrivKey.Create(Convert.FromHexString("53dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb"));
        Assert.Equal(SpecKeys.Secp256k1Public, Convert.ToHexStringLower(Encode(KeyType.Secp256k1, key.CreatePubKey().ToBytes(compressed: true))));
    }

    [Fact]
    public void The_higher_s_of_a_secp256k1_signature_is_refused()
    {
        using var signer = Signer.Create(KeyType.Secp256k1);
        var (r, s) = Read(signer.Sign("data"u8));
        Assert.True(signer.Key.Verify("data"u8, Write(r, s)));
        Assert.False(signer.Key.Verify("data"u8, Write(r, Secp256k1Order - s)));
    }

    [Theory]
    [InlineData(KeyType.Ecdsa)]
    [InlineData(KeyType.Secp256k1)]
    public void A_signature_that_is_not_der_is_refused(KeyType type)
    {
        using var signer = Signer.Create(type);

        // One whose r is not padded already.
        var (data, good) = Enumerable.Range(0, 256)
            .Select(i => (Data: new[] { (byte)i }, Signature: signer.Sign([(byte)i])))
            .First(s => s.Signature[3] < 33);
        Assert.True(signer.Key.Verify(data, good));

        // r with a zero too many, a length in the long form, a negative r, and a scalar of 33 bytes.
        byte[] padded = [0x30, (byte)(good[1] + 1), 2, (byte)(good[3] + 1), 0, .. good[4..]];
        byte[] longForm = [0x30, 0x81, good[1], .. good[2..]];
        var negative = (byte[])good.Clone();
        negative[4] |= 0x80;
        var (r, s) = Read(good);
        Assert.All(
            [padded, longForm, negative, Write(r + (BigInteger.One << 256), s), [0x30, 0]],
            bad => Assert.False(signer.Key.Verify(data, bad)));
    }

    private static bool IsKey(KeyType type, byte[] data) => PublicKey.TryDecode(Encode(type, data), out _);

    private static byte[] Encode(KeyType type, byte[] data) => new ProtobufWriter().Varint(1, (ulong)type).Bytes(2, data).ToArray();

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] RsaInfo(BigInteger modulus, long exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(modulus);
            key.WriteInteger(exponent);
        }

        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(key.Encode());
        }

        return info.Encode();
    }

    private static (BigInteger R, BigInteger S) Read(byte[] der)
    {
        var sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        return (sequence.ReadInteger(), sequence.ReadInteger());
    }

    private static byte[] Write(BigInteger r, BigInteger s)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(r);
            writer.WriteInteger(s);
        }

        return writer.Encode();
    }

    /// <summary>The other half of a key, which the library does not have.</summary>
    private sealed class Signer(PublicKey key, Func<byte[], byte[]> sign, IDisposable secret) : IDisposable
    {
        public PublicKey Key => key;

        public static Signer Create(KeyType type)
        {
            switch (type)
            {
                case KeyType.Rsa:
                    var rsa = RSA.Create(2048);
                    return new Signer(Read(type, rsa.ExportSubjectPublicKeyInfo()), d => rsa.SignData(d, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa);
                case KeyType.Ecdsa:
                    var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                    return new Signer(Read(type, ecdsa.ExportSubjectPublicKeyInfo()), d => ecdsa.SignData(d, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), ecdsa);
                default:
                    var secp = ECPrivKey.Create(RandomNumberGenerator.GetBytes(32));
                    return new Signer(Read(type, secp.CreatePubKey().ToBytes(compressed: true)), d => SignSecp256k1(secp, d), secp);
            }
        }

        public byte[] Sign(ReadOnlySpan<byte> data) => sign(data.ToArray());

        public void Dispose() => secret.Dispose();

        private static byte[] SignSecp256k1(ECPrivKey key, byte[] data)
        {
            Span<byte> der = stackalloc byte[80];
            key.SignECDSARFC6979(System.Security.Cryptography.SHA256.HashData(data)).WriteDerToSpan(der, out var length);
            return der[..length].ToArray();
        }

        private static PublicKey Read(KeyType type, byte[] data)
        {
            Assert.True(PublicKey.TryDecode(Encode(type, data), out var key));
            return key;
        }
    }
}
