using CsCheck;
using DChat.Client.Tests.Fakes;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Identities;

/// <summary>Five devices that write, and exchange with the relay whenever they happen to reach it, end up with the same.</summary>
public sealed class ConvergenceTests
{
    private const int Devices = 5;

    private static readonly Topic[] Topics = [.. Enumerable.Range(0, 3).Select(number => Topic.Public(FakeCluster.Network, $"topic {number}"))];

    private static readonly Gen<(int Device, int Act, int What)[]> Script =
        Gen.Select(Gen.Int[0, Devices - 1], Gen.Int[0, 4], Gen.Int[0, 2]).Array[5, 40];

    [Fact]
    public async Task Whatever_they_did_apart_they_hold_the_same_when_all_have_met() => await Script.SampleAsync(async script =>
    {
        await using var person = await Person.StartAsync(Devices, added: Devices);
        for (var at = 0; at < script.Length; at++)
        {
            var (device, act, what) = script[at];
            var devices = person[device].Devices;
            await (act switch
            {
                // Clocks hardly move and not at every step, so writes are even in time.
                0 => devices.SetMutedAsync(Topics[what], at % 2 == 0),
                1 => devices.WriteFieldAsync($"note {what}", $"text {at}"),
                2 => Task.Run(() => person.Time.Advance(TimeSpan.FromMilliseconds(what))),
                _ => devices.SyncAsync(),
            });
        }

        // A round in which each tells, and one in which each hears.
        for (var round = 0; round < 2; round++)
        {
            for (var device = 0; device < Devices; device++)
            {
                await person[device].Devices.SyncAsync();
            }
        }

        var first = person[0].Identities.Read().State;
        for (var device = 1; device < Devices; device++)
        {
            Assert.True(first.HasSameValues(person[device].Identities.Read().State), $"Device {device} differs.");
        }

        // The last thing that a device wrote to a note is there unless another replaced it knowingly: nothing is lost by being apart.
        foreach (var what in Enumerable.Range(0, 3).Where(what => script.Any(step => step.Act == 1 && step.What == what)))
        {
            Assert.NotEmpty(person[0].Devices.Field($"note {what}"));
        }
    }, iter: 20, threads: 1);
}
