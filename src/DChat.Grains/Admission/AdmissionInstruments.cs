using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Admission;
using DChat.Core.Envelopes;

namespace DChat.Grains.Admission;

internal static class AdmissionInstruments
{
    private static readonly Counter<long> Admitted =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.admitted", "{message}", "Messages that passed admission.");

    private static readonly Counter<long> Rejected =
        DChatTelemetry.Meter.CreateCounter<long>("dchat.admission.rejected", "{message}", "Messages that admission rejected, by code.");

    private static readonly Histogram<double> QueueWait =
        DChatTelemetry.Meter.CreateDuration("dchat.admission.queue.duration", "From an offer until its envelopes are looked at.");

    public static void Record(ReadOnlySpan<AdmissionResult> results)
    {
        var admitted = 0;
        foreach (var result in results)
        {
            if (result.IsAdmitted)
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

    public static void Waited(TimeSpan duration) => QueueWait.Record(duration.TotalSeconds);
}
