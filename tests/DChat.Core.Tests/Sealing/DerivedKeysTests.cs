using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Sealing;

/// <summary>
/// Each key takes four memory mappings. Without one bound for the process, 61 topics with 256 strangers each ended it.
/// </summary>
public sealed class DerivedKeysTests
{
    private const int Small = 4;

    private readonly DerivedKeys _keys = new(Small);

    [Fact]
    public void Readers_of_many_topics_with_many_strangers_take_few_mappings()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // Other systems do not list mappings; the tests below hold everywhere.
        }

        var openers = new List<EnvelopeOpener>();
        var before = Mappings();
        for (var i = 0; i < 12; i++)
        {
            var topic = Topic.Public(Given.Network, $"topic {i}");
            var opener = new EnvelopeOpener(topic);
            openers.Add(opener);
            for (uint author = 0; author < 128; author++)
            {
                using var sealer = Given.Sealer(topic: topic, keyGeneration: author);
                Assert.True(opener.Open(Seal(sealer)).IsOpened);
            }
        }

        // 12 × 128 authors, 6,144 mappings were each kept; the rest is room for what the runtime maps meanwhile.
        Assert.InRange(Mappings() - before, 0, (4 * DerivedKeys.MaxKeys) + 512);
        openers.ForEach(opener => opener.Dispose());
    }

    [Fact]
    public void Keys_of_all_owners_are_bounded_and_forgotten_ones_still_open()
    {
        var topics = Enumerable.Range(0, 3).Select(i => Topic.Public(Given.Network, $"topic {i}")).ToArray();
        var envelopes = topics.Select(topic => Enumerable.Range(1, Small).Select(seed =>
        {
            using var sealer = Given.Sealer((byte)seed, topic);
            return Seal(sealer);
        }).ToArray()).ToArray();
        var authors = topics.Select(topic => new KnownAuthors(topic, _keys)).ToArray();

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < topics.Length; i++)
            {
                Assert.All(envelopes[i], envelope => Assert.Equal(OpenStatus.Opened, Open(authors[i], envelope)));
                Assert.Equal(Small, _keys.Count);
            }
        }
    }

    [Fact]
    public void The_key_not_used_for_longest_goes_first()
    {
        using var authors = new KnownAuthors(Given.Topic, _keys);
        for (byte seed = 1; seed <= Small; seed++)
        {
            Open(authors, Given.Envelope(deviceSeed: seed));
        }

        Open(authors, Given.Envelope(deviceSeed: 1));
        Open(authors, Given.Envelope(deviceSeed: Small + 1));

        Assert.NotNull(_keys.Rent(IdOf(authors, 1)));
        Assert.Null(_keys.Rent(IdOf(authors, 2)));
    }

    [Fact]
    public void An_author_whose_payload_does_not_hold_is_not_kept()
    {
        using var authors = new KnownAuthors(Topic.Public(Given.Network, "another"), _keys);

        Assert.Equal(OpenStatus.Undecipherable, Open(authors, Given.Envelope()));
        Assert.Equal(0, _keys.Count);
    }

    [Fact]
    public void A_key_forgotten_while_it_is_lent_lives_until_it_is_returned()
    {
        using var authors = new KnownAuthors(Given.Topic, _keys);
        Open(authors, Given.Envelope());
        var lent = _keys.Rent(IdOf(authors, 1))!;
        Assert.Same(lent, _keys.Rent(IdOf(authors, 1)));

        _keys.Forget(authors);
        Assert.Equal(0, _keys.Count);
        _keys.Return(lent);
        Assert.Equal(32, lent.Key.Size);
        Assert.False(IsDisposed(lent));

        _keys.Return(lent);
        Assert.True(IsDisposed(lent));
    }

    [Fact]
    public void Sealers_share_the_room_and_a_disposed_one_leaves_nothing_in_it()
    {
        using var device = Given.Device();
        var sealers = Enumerable.Range(0, 2 * Small).Select(i => new EnvelopeSealer(device, Given.Topic, (uint)i, _keys)).ToList();
        using var opener = new EnvelopeOpener(Given.Topic);

        Assert.All(sealers, sealer => Assert.True(opener.Open(Seal(sealer)).IsOpened));
        Assert.Equal(Small, _keys.Count);

        sealers.ForEach(sealer => sealer.Dispose());
        Assert.Equal(0, _keys.Count);
        Assert.Throws<ObjectDisposedException>(() => Seal(sealers[0]));
    }

    [Fact]
    public async Task Threads_that_push_out_each_others_keys_still_open_and_seal()
    {
        using var device = Given.Device();
        using var start = new Barrier(4);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var authors = new KnownAuthors(Given.Topic, _keys);
                using var sealer = new EnvelopeSealer(device, Given.Topic, 0, _keys);
                start.SignalAndWait();
                return Enumerable.Range(1, 50).All(i =>
                    Open(authors, Given.Envelope(deviceSeed: (byte)(i % 7))) == OpenStatus.Opened
                    && Open(authors, Seal(sealer)) == OpenStatus.Opened);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));

        Assert.All(await Task.WhenAll(workers), Assert.True);
        Assert.Equal(0, _keys.Count);
    }

    private static byte[] Seal(EnvelopeSealer sealer) => sealer.Seal(1, Given.Hlc(), RetentionClass.OneDay, Given.Now, []);

    private static OpenStatus Open(KnownAuthors authors, byte[] envelope)
    {
        Envelope.TryRead(envelope, out var view);
        return authors.OpenPayload(view, new byte[view.Ciphertext.Length - 16], out _);
    }

    private static DerivedKeyId IdOf(KnownAuthors owner, byte deviceSeed)
    {
        using var sealer = Given.Sealer(deviceSeed);
        return new DerivedKeyId(owner, sealer.Author, 0, DerivedKeyUse.Payload);
    }

    private static bool IsDisposed(DerivedKey key)
    {
        Envelope.TryRead(Given.Envelope(), out var view);
        try
        {
            PayloadSeal.TryDecrypt(key.Key, view, new byte[view.Ciphertext.Length - 16]);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static int Mappings() => File.ReadLines($"/proc/{Environment.ProcessId}/maps").Count();
}
