using CsCheck;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using Google.Protobuf;

namespace DChat.Core.Tests.Envelopes;

/// <summary>Exactly one byte string encodes an envelope, and nothing that a peer sends throws or costs memory.</summary>
public sealed class EnvelopeCanonicalFormTests
{
    private static readonly byte[] Valid = ValidEnvelope();

    // A mutation is a place, what to do there, and a byte to do it with.
    private static readonly Gen<(double Place, int Kind, byte Value)[]> Mutations =
        Gen.Select(Gen.Double.Unit, Gen.Int[0, 4], Gen.Byte).Array[1, 4];

    [Fact]
    public void A_mutated_envelope_is_judged_as_a_stock_protobuf_library_judges_it()
    {
        Mutations.Sample(
            mutations =>
            {
                var bytes = Mutate(Valid, mutations);
                Assert.Equal(EnvelopeOracle.Judge(bytes), Envelope.TryRead(bytes, out _));
            },
            iter: 10_000);
    }

    [Fact]
    public void A_mutated_body_in_an_intact_frame_is_judged_as_a_stock_protobuf_library_judges_it()
    {
        Mutations.Sample(
            mutations =>
            {
                var bytes = Forge.Wrap(Mutate(Forge.BodyOf(Valid).ToByteArray(), mutations), new byte[64]);
                Assert.Equal(EnvelopeOracle.Judge(bytes), Envelope.TryRead(bytes, out _));
            },
            iter: 10_000);
    }

    [Fact]
    public void Fields_dropped_repeated_swapped_or_respelled_are_judged_as_a_stock_protobuf_library_judges_them()
    {
        var fields = Fields(Forge.BodyOf(Valid).ToByteArray());
        Gen.Select(Gen.Int[0, fields.Count - 1], Gen.Int[0, fields.Count - 1], Gen.Int[0, 5], Gen.ULong).Array[0, 2].Sample(
            changes =>
            {
                var changed = new List<byte[]>(fields);
                foreach (var (at, other, kind, number) in changes)
                {
                    Change(changed, at % changed.Count, other % changed.Count, kind, number);
                }

                var bytes = Forge.Wrap([.. changed.SelectMany(field => field)], new byte[64]);
                Assert.Equal(EnvelopeOracle.Judge(bytes), Envelope.TryRead(bytes, out _));
            },
            iter: 10_000);
    }

    [Fact]
    public void An_accepted_mutation_is_another_message_with_a_bad_signature()
    {
        var id = MessageId.Compute(Valid);
        Mutations.Sample(
            mutations =>
            {
                var bytes = Mutate(Valid, mutations);
                if (!bytes.AsSpan().SequenceEqual(Valid) && Envelope.TryRead(bytes, out var view) == RejectionCode.None)
                {
                    Assert.NotEqual(id, MessageId.Compute(bytes));
                    Assert.False(Envelope.VerifySignature(view));
                }
            },
            iter: 2_000);
    }

    [Fact]
    public void Every_single_bit_counts()
    {
        for (var bit = 0; bit < Valid.Length * 8; bit++)
        {
            var bytes = (byte[])Valid.Clone();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Envelope.TryRead(bytes, out var view) == RejectionCode.None)
            {
                Assert.False(Envelope.VerifySignature(view), $"bit {bit}");
            }
        }
    }

    [Fact]
    public void Every_truncation_and_extension_is_refused()
    {
        for (var length = 0; length < Valid.Length; length++)
        {
            Assert.Equal(RejectionCode.NonCanonical, Envelope.TryRead(Valid.AsSpan(0, length), out _));
        }

        Assert.Equal(RejectionCode.NonCanonical, Envelope.TryRead([.. Valid, 0], out _));
        Assert.Equal(RejectionCode.NonCanonical, Envelope.TryRead([.. Valid, .. Valid], out _));
    }

    [Fact]
    public void Reading_arbitrary_bytes_never_throws_and_never_allocates()
    {
        Gen.OneOf(Gen.Byte.Array[0, 300], Mutations.Select(mutations => Mutate(Valid, mutations))).Sample(
            bytes =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                Envelope.TryRead(bytes, out _);
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            },
            iter: 10_000);
    }

    [Fact]
    public void Opening_arbitrary_bytes_never_throws()
    {
        using var opener = new EnvelopeOpener(Given.Topic);
        Gen.OneOf(Gen.Byte.Array[0, 300], Mutations.Select(mutations => Mutate(Valid, mutations))).Sample(
            bytes => { opener.Open(bytes); }, iter: 1_000);
    }

    [Fact]
    public void A_length_that_claims_more_than_there_is_allocates_nothing()
    {
        // field 1 with a length of 2^63, of 2^32 + 2 and of 61440, and nothing behind it
        byte[][] claims =
        [
            [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x0A, 0x82, 0x80, 0x80, 0x80, 0x10, 0x08, 0x01],
            [0x0A, 0x80, 0xE0, 0x03],
        ];
        foreach (var claim in claims)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var rejection = Envelope.TryRead(claim, out _);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(RejectionCode.NonCanonical, rejection);
            Assert.Equal(0, allocated);
        }
    }

    private static byte[] ValidEnvelope()
    {
        using var sealer = Given.Sealer();
        // Two-byte varints and a permit, so that there is something to respell.
        return sealer.Seal(300, Given.Hlc(), RetentionClass.SevenDays, Given.Now, "hello"u8, "permit"u8);
    }

    private static byte[] Mutate(byte[] original, (double Place, int Kind, byte Value)[] mutations)
    {
        var bytes = new List<byte>(original);
        foreach (var (place, kind, value) in mutations)
        {
            var at = (int)(place * bytes.Count);
            switch (kind)
            {
                case 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << (value % 8));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(value, bytes.Count - at)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static List<byte[]> Fields(byte[] body)
    {
        var fields = new List<byte[]>();
        var input = new CodedInputStream(body);
        for (var start = 0L; input.ReadTag() != 0; start = input.Position)
        {
            input.SkipLastField();
            fields.Add(body[(int)start..(int)input.Position]);
        }

        Assert.Equal(11, fields.Count);
        return fields;
    }

    private static void Change(List<byte[]> fields, int at, int other, int kind, ulong number)
    {
        switch (kind)
        {
            case 0 when fields.Count > 1:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(other, fields[at]);
                break;
            case 2:
                (fields[at], fields[other]) = (fields[other], fields[at]);
                break;
            case 3: // a longer spelling of the tag
                fields[at] = [(byte)(fields[at][0] | 0x80), 0x00, .. fields[at][1..]];
                break;
            case 4: // a longer spelling of the number or length behind the tag
                var last = 1 + Array.FindIndex(fields[at][1..], part => part < 0x80);
                fields[at] = [.. fields[at][..last], (byte)(fields[at][last] | 0x80), 0x00, .. fields[at][(last + 1)..]];
                break;
            default: // another number, canonical or not, whatever the field is
                fields[at] = [fields[at][0], .. Varint(number >> (int)(number % 64))];
                break;
        }
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new byte[10];
        var output = new CodedOutputStream(bytes);
        output.WriteUInt64(value);
        return bytes[..(int)output.Position];
    }
}
