using DChat.Client.Tests.Fakes;
using DChat.Feeds;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Client.Tests.Feeds;

public sealed class SilentSilosTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly SilentSilos _silos;

    public SilentSilosTests() => _silos = new SilentSilos(Silence, _time);

    [Fact]
    public void Each_judgement_in_vain_waits_twice_as_long_up_to_a_limit()
    {
        foreach (var factor in new[] { 1, 2, 4, 8, 8 })
        {
            _silos.Renewed();
            Assert.InRange(_silos.Remaining(), Silence * factor, Silence * factor * 1.5);
        }
    }

    [Fact]
    public void A_silo_that_is_heard_again_is_waited_for_no_longer_than_at_first()
    {
        for (var i = 0; i < 5; i++)
        {
            _silos.Renewed();
        }

        _silos.Heard("silo");

        Assert.InRange(_silos.Remaining(), Silence, Silence * 1.5);
    }

    [Fact]
    public void One_silo_that_is_heard_says_nothing_of_another()
    {
        _silos.Heard("silent");
        _time.Advance(Silence * 2);
        _silos.Heard("heard");

        Assert.True(_silos.Remaining() <= TimeSpan.Zero);
    }
}
