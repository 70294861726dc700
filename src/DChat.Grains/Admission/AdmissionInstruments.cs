using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Abstractions.Messages;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Grains.Admission;

internal static class AdmissionInstruments
{
    private static readonly Counter<long> Admitted =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.admitted", "{message}", "Messages that passed admission.");

    private static readonly Counter<long> Rejected =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.rejected", "{message}", "Messages that admission rejected, by code.");

    public static void Record(ReadOnlySpan<PublishResult> results)
    {
        var admitted = 0;
        foreach (var result in results)
        {
            if (result.IsAccepted)
            {
                admitted++;
            }
            else
            {
                Rejected.Add(1, new KeyValuePair<string, object?>("code", result.Rejection.ToCode()));
            }
        }

        Admitted.Add(admitted);
    }
}
